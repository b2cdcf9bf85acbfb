"""Words of refusals in German."""

from __future__ import annotations

from captioner.samples.refusals.lexicon import Lexicon

GERMAN = Lexicon(
    selves="""
assistent* chatbot dienst ich ki mich mir sprachmodell* system textassistent* textmodell* uns wir
""",
    owns="mein meine meinem meinen meiner meines unser unsere unserem unseren unserer unseres",
    addressees="""
beachte beachten bereit beschreibe beschreiben bitte dein deine deinem deinen deiner dich dir du
einfügen erwarte erwarten erzähl erzähle euch euer eure falls fordere frag frage fragen füge fügen
fühl geben gib hänge hängen hätten hättest ihnen kannst kontaktiere kontaktieren könnten könntest
lade laden lass lassen lasst magst melde melden möchten möchtest möchtet mögen nenne nennen nutze
nutzen probier probiere prüfe prüfen ruf rufe sagen schick schicke schicken schreib schreiben sende
senden sofern stell stelle stellen such suche suchen teile teilen verlange verlangen versuch
versuche versuchen versuchs wende wenden wenn wollten wolltest wähle wählen
""",
    apologies="""
bedauer* bedaur* entschuldig* enttäusch* leid leider schade sorry tut unglücklicherweise verzeih*
""",
    negations="""
abgelaufen abgeschaltet ausgeschaltet außerstande beschädigt blieb deaktiviert defekt dementier*
entfernt fehlen fehlende fehler fehlgeschlagen fehlgeschlagene fehlschlug fehlt geblieben gelöscht
gescheitert kaputt kein keine keinem keinen keiner keinerlei keines keinesfalls keineswegs keins
leer leider misslang misslungen nee nein nicht nichts nie niemals nirgends null ohne scheitert
scheiterte strecke unangenehm unbekannt unbeschrieben unfähig ungern ungültig unlesbar unmöglich
unmöglichkeit unterlasse unwohl unzugänglich unzulässig unzureichend* verborgen verhindert verloren
verschwunden versteckt verwehrt weder widerstrebt
""",
    abilities="""
angemessen* ausgelegt autorisiert außerstande befugnis* befugt berechtigt berechtigung bereit bleibt
darauf darf darfst darüber dürfen dürft* entwickelt erlauben erlaubt fähig* fühle fühlen geeignet*
geht gelingt geschafft gestattet imstande kann kenne kompetent konnte konnten korrekt können könnt*
lage lassen lässt mag muss möchte möchten möglich* müssen ohne programmiert recht richtig* schaffe
schaffen soll sollt* steht trainiert unmöglich unterstützt vermag vermocht vorgesehen werde werden
will wird wohl wurde zulassen zulässig zusteh* zuständig
""",
    consents="""
angewiesen ausgebildet autorisiert beabsichtige befugt berechtigt bereit darf dürfen erlaubt gedenke
geschult gestattet lieber möchte programmiert qualifiziert soll sollte trainiert trau traue
unangenehm ungern unwohl vorgesehen widerstrebt wohl zugelassen zulässig
""",
    services="""
abruf* abschreib* abtipp* analys* anbieten anfertig* angab* annahm* anschauen ansehe ansehen
antwort* anzubieten anzufertigen anzuschauen anzusehen arbeite arbeiten aufruf* aufzuruf* ausdenken
ausführ* auskunft auskünfte auslese auslesen auswert* auswähl* auszudenken beantwort* beantworte
bearbeit* bedien* befund* behandel* behilflich benenn* beraten beratung bereit bereitstell*
beschreib* beschrift* besprech* bestimmen bestätigen betexten betitel* betracht* beurteil* bewert*
bezeichn* bildanaly* bildbeschreib* bildbeschreibung* bilderkennung* bildunterschrift*
bildverarbeitung* dementieren deute deuten deutung* diagnos* dienen diskutier* dolmetsch* durchführ*
eingeh* einlass* einlasse einlassen einordn* einschätz* einschätzung einzugehen einzulassen
entsprech* erfinde erfinden erfüll* erkenn* erkenne erkennen erklär* erledig* erläuter* ermittel*
errate erraten erstell* erzeug* erzähl* fantasier* fasse festleg* feststellen festzuleg* formulier*
fortfahren fortzufahren gebe geben gehör* generier* gutachten helf* helfe hilfe hilfreich hören
identifizier* identifizierung interpretier* kategorisier* klassifizier* kommentar* kommentier*
kopier* lad* leisten liefer* lös* löse lösen mach* mithelfen mitteil* mutmaß* nachkomm* nachzudenken
nachzukomm* namen nenn* nennung offenbar* offenleg* ordne orientier* preisgabe preisgeb* preiszugeb*
raten raushalt* reagier* rede reden rückschlüsse sag* schauen schilder* schlussfolger* schreib*
schätz* spekulation* spekulier* sprech* stellungnahme suchen teilen tippe transkribier* tun umgeh*
umschreib* umsetz* umzugehen umzusetzen unterstütz* untertitel* urteil* verarbeit* verbreit*
verfass* vergleich* vermitteln vermut* verrate verraten vervollständig* veröffentlich* vorlese
vorlesen vornehm* weitergeb* weitergeh* weiterhelfen weiterzuhelf* wiedergeb* wiedergegeben
wiederhol* zitier* zugreif* zugriff zuordn* zuordnung zusammenfass* zusammenzufassen zuzuordnen
äußer* öffne öffnen übernehm* übernommen übersetz*
""",
    perceptions="""
ausmachen aussieht auszumachen beobacht* bestimm* bestätig* denke entdecke entziffer* erkenn*
feststell* finde finden gesehen glaube kenne lese lesen liest sage sagen scheint sehe sehen seht
sicher sieht unterscheid* vermute weiß wirkt wissen zuordnen
""",
    pictures="""
abbildung* anfrage* anhang anhänge art arten aufgabe* aufnahme* ausschnitt* bild bildanaly*
bilddatei* bilddaten bildeingabe* bilder bildern bildes bildformat* bildinhalt* bildmaterial
bildtyp* bitte chatverlauf datei* dateityp dialog* dokument* eingabe* eintrag* foto fotograf* fotos
frage* gespräch* grafik* hochgeladene* inhalt* jpg liedtext* link* material* nachricht* post posts
röntgen* scan* screenshot* seite* situation* szene* thema themen unterhaltung* upload* video*
visuell* vorlage* webseite* website* wunsch wünsche zeile*
""",
    wholes="etwas irgendetwas nichts was wem wen wer wessen",
    details="""
er gesicht* identität* individu* jemand* mensch* namen niemand niemanden person* prominente* text
texte texten wem wen wer wessen
""",
    refusals="""
ab abblocken abgebrochen abgelehnt abgewiesen ablehn* absag* abschlagen absehe absehen abstand
abzulehn* abzuschlagen abzusehen angehalten anmaßend ausgenommen ausgeschlagen ausgeschlossen
ausgespart ausschlage* ausschliess* ausschließ* aussen auszulassen blockiert dementier* distanz
distanziere eingestuft enthalte enthalten falsch fern fernhalten finger geblockt gebunden gefiltert
gesperrt gestoppt heraushalt* heraushalte herauszuhalten lehne markiert mitmache passe passen
passend raus respektlos schweig* schweige stillschweigen taktlos textbasiert* textmodell* ton
unangemessen* unbeschrieben unethisch ungehörig* unklug unmoralisch unpassend* unrichtig unseriös
unsicher* unterbleib* unterbrochen unterbunden unterlass* untersagt unverantwortlich* unzulässig
verboten verneine versagt verschlossen verschone verweiger* verworfen verzicht* weiger* zensiert
zurückgehalten zurückgewiesen zurückhalt* zurückhaltend übergriffig überspring*
""",
    rules="""
achten anonym* anstößig* anweisung* attraktivität bedingung* behörde* beleidig* beläst*
beratungsstell* beschränkung* betreiber* betrug* betrüg* biometri* bloßstell* datenschutz*
datenschutzgründen demütig* desinform* diagnose* diffamier* diskriminier* eigenschaften eigentum
einschränkung* einstellung* einverständnis einwilligung emotion* entwickler* entwürdig* erniedrig*
erotisch* erwachsen* ethi* ethn* explizit* extremis* geheim* geistig* geschlecht* gesetz*
gesichtserkennung* gesundheit* gewalt* grund grundsatz grundsätz* gründe gründen haftung hass*
hassrede heikl* herabwürdig* herkunft identitäts* illegal* inhaltsbeschränkung* intim* jugendschutz
konform* leitlinie* leitplanke* lizenz* markenrecht menschenwürde merkmal* minderjähr* missbrauch*
missbräuchlich* mobbing moderation moderations* moral* nackt* neutral* nutzungs* obszön*
orientierung persönlichkeit* persönlichkeitsrecht* pflicht* policy polit* pornogra* prinzip*
privatleben privatperson* privatsphäre programmierung prüfung rass* recht recht* rechte rechtlich*
regel* relig* respekt* richtlinie* rolle rücksicht schad* schutz schutzbedürft* schäd* selbstmord*
selbstverletz* sensib* sexualis* sexuell* sicherheit* sicherheits* sicherheitseinstellung* standard*
statut* stereotyp* suizid* tabu terror* urheber* verantwort* verhaltensregel* verletzlich* verleumd*
verleumdung verstörend* vertraulich* vorgabe* vorsicht* vorurteil* werte werten wohl wohlergehen
würde zensur zulässigkeit zustimmung überwach*
""",
    breaches="""
außerhalb entgegen entgegensteh* erlauben fällt gegen gehören gehört hinausgeht hinder* jenseits
sprengen sprengt untersag* unvereinbar verbiet* verletz* verletzen verstoß verstoßen verstößt weit
widersprech* widersprechen widersprich* widerspruch widerspräche zuwider zuwiderlaufen zuwiderläuft
überschreite überschreitet übersteigen übersteigt
""",
    causes="""
aufgrund da daher damit darum denn deshalb deswegen die falls grund gründen ob sodass sofern was
wegen weil welche welcher welches wenn wo wodurch
""",
    arrivals="""
abgelaufen analysiert* angefügt angehängt* angekommen angelangt angezeigt anhängen anhängt ankam
ankomm* ausgewertet* auswerten bearbeitet beigefügt* bekam bekommen bereitgestellt* beschädigt da
dabei dekodier* durchgekommen durchkam eingegangen eingetroffen einsehbar eintraf empfangen entfernt
enthalten erhalten erreicht erreichte exist* filter filtern funktionier* gefunden geladen* gelangt*
gelöscht geschickt* gesendet* geöffnet* heruntergeladen hier hochgeladen* hochlad* hochladbar
inhaltsfilter* kam laden lesbar* liegt lädt mitgekommen mitgeschickt* mitgesendet* sichtbar*
unlesbar unterstützt* verarbeit* verfügbar* verfügung verloren verlorengegangen vollständig* vor
vorhanden* vorlieg* vorliegend* zugang zugreif* zugriff zugänglich* öffnen öffnet übermittelt*
übertrag* übertragen*
""",
    offers="""
alternativ* dank danke freue gern gerne helfe jederzeit selbstverständlich stattdessen verständnis
weiterhelfe
""",
    depictions="abgebildet ausser außer dargestellt zeige zeigen zeigt",
    fillers="""
400 403 404 413 415 422 500 503 a abend aber abgebildet* abgeschaltet abschliess* absender absicht*
absolut ach achte achten achtung adresse ahnung aktivier* aktuell aktuelle* alle allein allem allen
aller allerdings alles allgemein* allgemeinen als also alter alternativ* am an ander* andernfalls
anderweitig anfangen angebot angeboten angebracht* angegeben* angeht angehör* angelegenheit*
angemessen* angenehm* angeschaut angesehen angestellt anhand anliegen* ansatz anscheinend ansonsten
ansprechpartner* anwalt anwält* anzahl art arzt aspekt* assistent* attribut* auch auf aufgaben
aufgrund auflösung aufmerksam* augenblick aus ausführlich* ausgabe ausschließlich aussehen aussehen*
aussehens ausserdem auswahl auszug automatisch* automatisiert* bald basis bedaur* bedenken bedeut*
bedeuten bedeutet bedürf* befinde befindet befolg* begrenz* begründ* behaupt* bei beibringen beide
beiden beides beim beinhaltet beispiel* beitrag beitragen bekannt* bekomme bekommt belang* beliebig*
benötig* bereich* bereit* bereits beruht berühr* beschaff* bescheid beschränk* beseitig* besitz*
besond* besorg* besser* bestand* bestanden bestehe besteht besten bestimmte* beteilig* betreff*
betreffend betrieb* betrifft betroffen* bevor bewahr* bewusst* bezieh* bezug bezüglich bildfunktion
bin bis bisher bist bleib* bloß bot brauch* browser byte* captcha* chance chat chatbot chats code da
dabei dadurch dafür dagegen daher dahin damals damit danach dank* dann daran daraufhin daraus
dargestellt* darin darum darunter das dass dasselbe dateien daten davon davor dazu daß definitiv
deines dem demnach den denen denk* denn dennoch denselben der derartig* deren dergleichen derjenige*
derselbe* derzeit derzeitig* des deshalb dessen deswegen detail* details deutlich* deutsch* die
diejenig* dienst* diensten dies diesbezüglich diese dieselbe* diesem diesen dieser dieses diesmal
digital* ding* dinge direkt direkt* diskret* diskretion doch dort dringend dritte drittel dritten
dritter dunkel durch durchaus durcheinander durfte* dürft* eben ebenfalls ebenso echt* echte echten
echter effektiv egal ehrlich ehrlichkeit eigen* ein einander eindeutig* eindruck eine einem einen
einer eines einfach einfluss eingebaut* eingerichtet* eingeschränkt* einhalt* einig* einlad* einmal
eins einsatz einstell* einverstanden einwand* einzelheiten einzeln* einzelpersonen einzig* empfehl*
empfind* ende endgültig* endlich engagier* entfern* entgeg* entgegen* enthält entscheid* entscheide
entscheidung* entschied* entschließ* entsprech* entstehen entweder entwickelt* entwicklung*
entziehen erachte erfahr* erfind* erfolg* erforder* erforderlich* ergeb* ergebnis erhalt* erinner*
erlaubnis ermöglich* erneut ernst* erreich* erscheint ersetz* erst erste ersten erster erstes
ersuch* erwart* erwähn* erwünscht* es etwa eventuell exakt* existier* expert* extern* f fachkraft
fachleut* fachlich* fachmann fachperson fachstell* fall falsch* fehlerhaft* finger firma folg*
folgen folgend* format* formulierung* fortsetz* fragst freigegeb* freigeschaltet freischalt* freuen
freundlich* froh früher funktion* fähigkeiten fördern fühlst für fürchte ganz ganze ganzen ganzer
ganzes gar garantier* gebiet* geblieben gedacht gedächtnis geeignet* gefahr* gefall* gefallen*
geführt* gegangen gegenstand gegenwärtig* gegenüber gehabt gehalt* gehen gehör* gekonnt gelernt*
gemacht gemeinsam* gemeint gemocht gemäß genannt* genau genaue* generell genug genutzt* geprüft
gerade gerecht gesagt geschieht geschrieben* geschützt* gespeicher* gespräche gestern gesundheit*
getan gewesen gewiss gewollt geworden gewähr* gewünscht* gibt ging glaubwürdig* gleich* gott
grafisch* grenze* grundlage grundlegend* grundsätzlich* größe gut gute guter gutes hab habe haben
habt haft* hallo halt* halte handel* harmlos* hast hat hatte hatten heikel heißen heißt her
herangehens* heraus heute hierauf hierzu hilfreich* hilfs* hin hinsichtlich hinweg hinweis hm hmm
hoff* hoppla hotline* humor hätte hätten höchst* höflich* hören ideal* ihnen ihr ihre ihrem ihren
ihrer ihres im immer immerhin in indem infolge* information* informier* inhaltlich* innerhalb ins
insbesondere insgesamt insofern intelligenz interess* intern* interne internet irgend* irreführ*
irrtum ist ja je jede jedem jeden jeder jedermann jedermanns jederzeit jedes jedoch jemals jene
jenem jenen jener jenes jetzt juristisch* kamera kaum kennt* klar* klares klein kleine klug klären
kommen kommt konflikt konkret* kontext kontext* konto kontrollier* korrekt* korrektur* korrespondenz
korrigier* krank kreativ* krise* krisen* kund* kurz künftig* künstlich* lang lange lass lasse laut
lebens lediglich leicht* leist* leisten lernen letzt* letztlich leute lieber liess lokal* lässt
lösung* lüge machen machine mal man manch* manuell* maschine maß* medizinisch* mehr meinung* meist*
meld* menge menschlich* merke metadaten methode* mindestens minute* minuten missverst* missversteh*
mit mitgeteilt mittel* mitwirk* mitzuteilen mocht* modell modell* moderier* moment momentan morgen
musst musste mussten möglich* möglicherweise mühe müsste müssten nach nachdem nachgedacht nachher
nachschau* nachseh* nachteil* nachvollzieh* name* natürlich neben nehme nett* netz neu neue neuen
neues neugier* neutral niemand* nimm noch nochmal nochmals normal* notfall* notruf* notwendig* nun
nur nutzen nutzer* nutzung nächst* nächste nötig nützlich* ob oben oder offen* offenbar
offensichtlich offiziell* oft ohnehin oje ok ok* okay online option* ordnung orient* passier*
passiert passierte per personen perspektiv* persönlich* pixel* pixelig plattform* position* potenz*
potenziell* praktisch* praxis primär* privat privat* private privates problem* produzier*
professionell* profi* programm* projekt prompt* psych* punkt* q qualifizier* qualität quelle*
radiolog* rahmen rat ratschläge reaktion* reale realer rechner* recht* rede reibungslos* rein reiner
reines respektier* respektvoll* ressource* richt* richtig* richtung* ruh* ruhig rückmeld* sache*
satt scheinen scheint schicken schief schiefgegangen schiefgelaufen schiefging schlagen schlecht*
schließen schließlich schluss schmerz* schnell* schon schriftstück* schritt* schuld schwierig*
schwierigkeiten schärfer* schätz* seel* seelisch* sehr sei seid seien sein seine seinem seinen
seiner seines seit seitdem selbst seltsam* server sich sicher* sicherstell* sie sind sinn* sinnvoll
sitzung* so software sogar solang* solch* solle sollen sollt* sollte somit sondern sonst sonstig*
sorg* sorgfalt sorgfältig* soweit sowie sowieso sowohl speicher* spezial* speziell* spezifisch*
sprache* sprachlich* später standort* start* statt status steckt stehe stehen stelle stellen
stellung stimmung stop* strikt* struktur* stünde stütz* suche system tat tatsache* tatsäch* technik*
technisch* teil teilnehmer* telefonseelsorg* textbasiert* thema themen tip* tipps titel* tool*
training transparen* trotz* typ typs um umfang* umfasst umstand* umständ* unabhängig* unangenehm*
unannehmlichkeit* unbedingt unbekannt* und unerwartet* ungeeignet* ungenau* unklar* unmittelbar
unnötig* unscharf unserige unter unterhalt* unternehm* unternehmen* unterricht unterschied*
untersuch* unterwegs unvollständig* unwohl ups url* ursprüng* user usw utf variant* veranstaltung*
verarbeit* verbess* verbindung verbleib* verbreit* verdien* verein* verfahr* verfüg* verfüge
vergangen* vergnügen verhalt* verhinder* verlang* verletz* verlässlich* vermag vermeid* vermeide
verpflicht* verpixelt verschwommen versend* version* versprech* verstanden verstehe verständlich*
versuch* vertrau* vertraut* vertreten verursach* verwech* verwend* verwirr* verzeihung verändern
viel viele vielem vielen vielleicht virtuell* vom von vorab voraus vorbehalt* vorgang* vorgeh*
vorgelegt* vorher vorig* vorlieb* vorlieg* vorschl* vorschrift* vorstell* vorteil* vorzieh* völlig
wahr wahr* wahrheit* wahrnehm* wahrscheinlich* wann war waren warn* warst wart warum web weg wegen
weil weis* weise weit* weiter weitere weiteren weiterhin weiterleit* weiterleiten welche welchem
welchen welcher welches wenig* werdet wert* wertung* wesentlich* weshalb wichtig* widme wie wieder
wieder* wieso willen willst wirklich wirkt wirst wissen* witz* wo woher wohin wohl* wollen wollt
wollte wollten worden wort worte worten wozu wunsch* wurden während* wäre wären würden zeig zeit
zielt zu zuerst zufolge zufrieden* zugeben zugegeben zugelass* zugleich zugrunde zukunft zukünftig*
zulässig* zum zumal zumindest zunächst zur zurzeit zurück zurück* zusammen zusammenhang* zustand*
zustell* zuständig* zuverlässig* zwar zweck zweifel zweifel* zweit* zwing* zwischen* ähnlich* änder*
ändern ängst* ärzte ärztin äußere äußeres äußerst* öffentlich* über übergeb* überhaupt überleg*
überprüf* überschreit* übertrag* überzeug* üblich* übrigens
""",
)
