"""Words of refusals in Dutch."""

from __future__ import annotations

from captioner.samples.refusals.lexicon import Lexicon

DUTCH = Lexicon(
    selves="ai ik me mij taalmodel we wij",
    owns="mijn ons onze",
    addressees="""
alsjeblieft alstublieft beschrijf deel graag indien je jij jou jouw jullie kun kunt laat probeer
raadpleeg stuur u upload uw vertel voeg vraag wil wilt
""",
    apologies="excus* helaas jammer pardon sorry spijt verontschuldig*",
    negations="""
beschadigd fout geen leeg mislukt niet niets noch nooit onleesbaar onmogelijk ontbreekt zonder
""",
    abilities="""
bereid bevoegd comfortabel gemachtigd getraind kan kon konden kunnen lukt mag moet moeten mogelijk
mogelijkheid mogen onmogelijk ontworpen staat toegestaan vermogen wil word worden wordt zal zonder
zullen
""",
    consents="bereid bevoegd durf liever mag prettig toegestaan wil",
    services="""
analys* antwoord* assist* beantwoord* behulpzaam bekeken bekijk* beoordel* beschrev* beschrij*
besprek* bied* citeer* commentaar* delen dienst doen doorgaan geef gener* geven help* herken* hulp
identific* inform* interpret* kopieer* lever* lezen maak* maken meewerk* namen noem* onderschrift*
ondersteun* onthul* open* praten raad* raden schrijf* schrijv* specul* toelicht* transcri* uitleg*
uitvoer* vertaal* vertellen verwerk* voldoen zeggen zoek*
""",
    perceptions="""
bepaal* bevestig* denk geloof lees lezen ontwaar* vind* weet weten zeggen zeker zie zien ziet
""",
    pictures="""
afbeelding* beeld* bericht* bestand* bijlage* document* foto inhoud* link* materiaal pagina* scène*
soort verzoek* vraag*
""",
    wholes="iets niets wat wie",
    details="gezicht* identiteit* iemand mensen namen niemand personen persoon tekst* woorden",
    refusals="""
afgewezen afwijz* afzie* geannuleerd geblokkeerd gemarkeerd geweigerd ongepast* onthoud* overslaan
pas passen sla verboden weiger* zwijg*
""",
    rules="""
auteursrecht* beleid beperking* ethi* expliciet* gevoelig* geweld* instructie* minderjarig* naakt*
privacy privacyregel* recht* reden* regel* richtlijn* seksue* toestemming veiligheid* vertrouwelijk*
voorwaarden wet wettelijk* wetten
""",
    breaches="buiten overtreed* schend* staan strijd* tegen toe verbied* verhinder*",
    causes="aangezien daarom die dus omdat want wegens",
    arrivals="""
aangekomen beschikbaar bijgevoegd* binnengekomen doorgekomen geladen geopend* gevonden geüpload*
hier laden meegestuurd ondersteund* ontvangen openen toegang toegevoegd* verstuurd verwerkt*
verzonden zichtbaar
""",
    offers="alternatief bedankt dank graag natuurlijk plaats",
    depictions="laat staat tonen toont",
    fillers="""
aan aard af al alle alleen alles als altijd ander* arts basis ben bent bevat bij binnen blij bot
chatbot daar daarmee daarom dan dat de dergelijk* deskundige deze die direct dit doet donker door
dus echt echte echter een eens eerst en enkel enkele er erin erop even gaat ge gedetailleerd*
gegevens geval gewoon goed groot haar had heb hebben hebt heeft helemaal hem hen het hieraan hiermee
hierop hoe hoeveel hun ieder iedere in intelligentie is ja jaar juist juridisch* keer kom komt
kunstmatige kwaliteit lang later let liever lijkt maar manier medisch* mee meer meest men met model
momenteel na naar nee nodig nog nu of ok om omdat onder onscherp ooit ook op opnieuw over per
persoonlijk* precies probleem radioloog samen sinds slechts soms sowieso steeds straks systeem te
terug toch tot tussen twijfel uit uiterlijk vaak van vanwege veel verder vermijd* verzocht* via
volgens voor vooral vrij waar waarin waarom waarop wanneer want waren was wazig weer wel welk welke
wens werd willen ze zeer zelf zich zij zijn zo zou zouden zulk zulke
""",
)
