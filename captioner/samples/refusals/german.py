"""Words of refusals in German."""

from __future__ import annotations

from captioner.samples.refusals.lexicon import Lexicon

GERMAN = Lexicon(
    selves="""
ich ki mein meine meinem meinen meiner meines mich mir sprachmodell* textassistent* textmodell* uns
unser unsere unserem unseren wir
""",
    addressees="""
beschreibe beschreiben bitte dein deine deinem deinen deiner dich dir du euch euer eure falls frag
frage fragen geben gib hänge hängen kannst könnten könntest lade laden lassen lasst magst melde
melden möchten möchtest mögen nenne nennen prüfe prüfen ruf rufe sagen schick schicke schicken
schreib schreiben sende senden sofern teile teilen versuch versuche versuchen wende wenden wenn
""",
    apologies="""
bedauer* bedaur* entschuldig* enttäusch* leid leider schade sorry tut unglücklicherweise verzeih*
""",
    negations="""
abgelaufen außerstande beschädigt entfernt fehlen fehlende fehler fehlgeschlagen fehlt gelöscht
gescheitert kein keine keinem keinen keiner keinerlei keines keins leer nee nein nicht nichts nie
niemals nirgends ohne unfähig ungültig unlesbar unmöglich unmöglichkeit unterlasse unzugänglich
unzureichend* verhindert verloren verschwunden verwehrt weder
""",
    abilities="""
angemessen* ausgelegt autorisiert außerstande befugnis* befugt berechtigt berechtigung bereit bleibt
darauf darf darfst darüber dürfen dürft* entwickelt erlauben erlaubt fähig* fühle fühlen geeignet*
geht gelingt geschafft gestattet imstande kann kenne kompetent konnte konnten korrekt können könnt*
lage lassen lässt mag muss möchte möchten möglich* müssen ohne programmiert recht richtig* schaffe
schaffen soll sollt* steht trainiert unmöglich unterstützt vermag vermocht vorgesehen werde werden
will wird wohl wurde zulassen zulässig zusteh* zuständig
""",
    services="""
abruf* abschreib* abtipp* analys* anbieten anfertig* annahm* anschauen ansehe ansehen antwort*
anzubieten anzufertigen anzuschauen anzusehen aufruf* aufzuruf* ausführ* auskunft auskünfte auswert*
beantwort* bearbeit* bedien* befund* behandel* behilflich benenn* bereit bereitstell* beschreib*
besprech* betracht* beurteil* bewert* bildanaly* bildbeschreib* bilderkennung* bildunterschrift*
bildverarbeitung* deuten diagnos* dienen diskutier* eingeh* einlass* einordn* einschätz* einzugehen
einzulassen entsprech* erfüll* erkenn* erklär* erläuter* erraten erstell* erzeug* erzähl* festleg*
festzuleg* formulier* fortfahren fortzufahren gebe geben generier* helf* hilfe hilfreich
identifizier* interpretier* klassifizier* kommentar* kommentier* kopier* lad* liefer* mach* mitteil*
mutmaß* nachkomm* nachzukomm* namen nenn* offenleg* ordne orientier* preisgeb* preiszugeb* raten
rede reden sag* schauen schilder* schreib* schätz* spekulation* spekulier* sprech* suchen teilen
transkribier* tun umgeh* unterstütz* urteil* verarbeit* verfass* vermut* vervollständig*
veröffentlich* vornehm* weitergeb* weitergeh* weiterhelfen weiterzuhelf* wiedergeb* zitier* zugreif*
zugriff zuordn* zuzuordnen äußer* öffne öffnen übersetz*
""",
    perceptions="""
ausmachen auszumachen beobacht* bestimm* bestätig* denke entdecke entziffer* erkenn* feststell*
finde finden gesehen glaube kenne lese lesen liest sage sagen sehe sehen seht sicher sieht
unterscheid* vermute weiß wissen zuordnen
""",
    pictures="""
anfrage* anhang anhänge art arten aufgabe* aufnahme* bild bildanaly* bilddatei* bildeingabe* bilder
bildern bildes bildformat* bildinhalt* bildmaterial bildtyp* bitte datei* dialog* dokument* eingabe*
foto fotograf* fotos frage* gespräch* inhalt* link* material* nachricht* röntgen* screenshot* seite*
situation* szene* thema themen video* visuell* wunsch wünsche
""",
    wholes="etwas irgendetwas nichts was wem wen wer wessen",
    details="""
er gesicht* identität* individu* jemand* mensch* namen niemand niemanden person* prominente* text
texte texten wort worte worten
""",
    refusals="""
ab abgebrochen abgelehnt abgewiesen ablehn* absag* absehen abstand abzulehn* ausgeschlossen
auszulassen blockiert eingestuft enthalte enthalten falsch geblockt gefiltert gesperrt lehne
markiert mitmache passe passen schweig* textbasiert* textmodell* unangemessen* ungehörig* unpassend*
unrichtig unsicher* unterbleib* unterlass* untersagt unzulässig verboten verneine verweiger*
verworfen verzicht* weiger* zurückgewiesen zurückhalt* überspring*
""",
    rules="""
anonym* anstößig* anweisung* bedingung* beläst* beschränkung* betrug* betrüg* datenschutz*
desinform* diskriminier* eigentum einschränkung* einwilligung emotion* erotisch* ethi* ethn*
explizit* extremis* geistig* geschlecht* gesetz* gesundheit* gewalt* grund grundsätz* gründe gründen
hass* heikl* illegal* intim* konform* menschenwürde minderjähr* missbrauch* moral* nackt* nutzungs*
obszön* orientierung persönlichkeitsrecht* polit* pornogra* privatsphäre programmierung rass* recht
rechte rechtlich* regel* relig* respekt* richtlinie* rücksicht schad* schutz schutzbedürft* schäd*
sensib* sexuell* sicherheit* stereotyp* terror* urheber* verantwort* verletzlich* verleumd*
verstörend* vertraulich* vorgabe* vorsicht* vorurteil* würde zustimmung überwach*
""",
    breaches="""
außerhalb erlauben fällt gegen gehören gehört hinausgeht hinder* jenseits untersag* verbiet*
verletz* verstoß verstoßen verstößt widersprech* widersprich* überschreitet übersteigt
""",
    causes="""
aufgrund da daher damit darum denn deshalb deswegen die grund gründen sodass wegen weil wodurch
""",
    arrivals="""
abgelaufen analysiert* angehängt* angekommen angelangt anhängt ankam ankomm* ausgewertet* auswerten
bearbeitet beigefügt* bekommen bereitgestellt* beschädigt dekodier* durchgekommen eingegangen
eingetroffen eintraf empfangen entfernt enthalten erhalten exist* filter filtern funktionier*
gefunden geladen* gelöscht geschickt* gesendet* geöffnet* hier hochgeladen* hochlad* inhaltsfilter*
kam laden lesbar* liegt lädt mitgeschickt* mitgesendet* sichtbar* unlesbar unterstützt* verarbeit*
verfügbar* verfügung verloren verlorengegangen vollständig* vor vorhanden* vorlieg* zugang zugreif*
zugriff zugänglich* öffnen öffnet übermittelt* übertragen*
""",
    offers="""
alternativ* dank danke freue gern gerne helfe jederzeit selbstverständlich stattdessen verständnis
weiterhelfe
""",
    depictions="abgebildet dargestellt zeige zeigen zeigt",
    fillers="""
400 403 404 413 415 422 500 503 a aber abgebildet* ach achtung aktuell alle allein allem allen aller
allerdings alles allgemeinen als also am an ander* angemessen* anhand anscheinend anwalt anwält*
arzt assistent* auch auf aufgrund auflösung augenblick aus ausführlich* ausschließlich aussehen
aussehens ausserdem automatisch* außer* bald basis bei beide beiden beides beim beinhaltet beispiel*
bekannt* benötig* bereich* bereits beruht besond* besser* besten bestimmte* betreffend betrifft
bezüglich bin bis bisher bist bloß bot brauch* chatbot da dabei dadurch dafür dagegen daher damals
damit danach dann daran daraufhin daraus dargestellt* darin darum darunter das dass dasselbe daten
davon davor dazu daß deines dem demnach den denen denn dennoch denselben der derartig* deren
dergleichen derjenige* derselbe* derzeit des deshalb dessen deswegen detail* deutlich* die diejenig*
dienst* dies diesbezüglich diese dieselbe* diesem diesen dieser dieses direkt doch dort dritte
dritter dunkel durch durchaus durfte* eben ebenso echte echten echter ehrlich eigen* ein einander
eine einem einen einer eines einfach einig* einmal eins ende endlich enthält entscheid* entschied*
entsprech* entweder ergebnis erneut erst erste ersten erster erstes es etwa eventuell expert* f
fachlich* fall falsch* format* fragst freuen froh früher für ganz ganze ganzen ganzer ganzes gar
geeignet* gefall* gegangen gegenüber gehabt gehen gekonnt gemacht gemeint gemocht gemäß genau
generell genug geprüft gerade gesagt gewesen gewiss gewollt geworden gewünscht* gibt ging gleich*
grenze* größe gut gute guter gutes hab habe haben habt hallo hast hat hatte hatten heißen heißt her
heute hierauf hierzu hin hinsichtlich hinweis hoppla hätte hätten ihnen ihr ihre ihrem ihren ihrer
ihres im immer immerhin in indem infolge* information* informier* ins insbesondere insgesamt
insofern intelligenz internet irgend* ist ja je jede jedem jeden jeder jedermann jedermanns jedes
jedoch jene jenem jenen jener jenes jetzt kaum kommen kommt konkret* korrekt* korrigier* kurz
künstlich* lang lange laut lediglich leicht* leisten letzt* lieber mal man manch* medizinisch* mehr
meist* mindestens mit mitgeteilt mittel* mitzuteilen mocht* modell moment momentan morgen musst
musste mussten möglich* nach nachdem natürlich neben nehme netz neu niemand* noch nochmal nochmals
nun nur nächst* nötig ob oben oder offenbar offensichtlich oft ohnehin oje ok okay ordnung per
persönlich* privat private privates problem* professionell* projekt q qualifizier* qualität
radiolog* ratschläge reale realer recht* rein reiner reines richtig* sache* satt scheinen scheint
schlecht* schließlich schon schuld schärfer* sehr sei seid seien sein seine seinem seinen seiner
seines seit seitdem selbst server sich sie sind so solang* solch* sollen sollt* somit sondern sonst
soweit sowie sowieso sowohl später statt status stehe stehen system tat tatsäch* teil textbasiert*
tipps trotz* um umfang* und unmittelbar unscharf unser* unter unterwegs ups usw verbindung
vergangen* verlang* vermeid* verschwommen verstanden verstehe viel viele vielem vielen vielleicht
virtuell* vom von völlig wahr wann war waren warst wart warum weg wegen weil weiter weitere weiteren
welche welchem welchen welcher welches wenig* werdet weshalb wie wieder wieso willst wirklich wirkt
wirst wo woher wohin wollen wollt wollte wollten worden wurden während* wäre wären würden zeit zu
zuerst zugleich zukunft zum zunächst zur zurück zusammen zwar zweck zweifel zwischen* ärzte ärztin
öffentlich* über überhaupt üblich* übrigens
""",
)
