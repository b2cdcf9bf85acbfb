"""Words of refusals in Italian."""

from __future__ import annotations

from captioner.samples.refusals.lexicon import Lexicon

ITALIAN = Lexicon(
    selves="""
abbiamo aiuterò analizzo assistente astengo capisco cerco chiedo commenterò comprendo conosco creato
darò declino descriverò descrivo devo dirò dispongo do dobbiamo dovrei dovrò elaboro esaminato evito
faccio farò fornisco guardato ho ia identifico informiamo intendo interpreto invito io lavorerò
limito mantengo me mi nego noi offro parlerò parlo pensato penserei possiamo possiedo posso potrei
potrò potuto preferirei preferisco produco provo respingo restarne resto ricevo riconosco riesco
rimango ringrazio risolvo rispondo ritengo saprei sarei sarò scriverò scrivo sento servizio siamo
sistema so sostengo spero suggerisco temo tiro tratto trovo vedo voglio vorrei
""",
    owns="mia mie miei mio nostra nostre nostri nostro",
    addressees="""
allega allegala allegatela alleghi assicurati avresti avvisa carica caricarla carichi cerca cerchi
chieda chiede chiedermi chiedetemi chiedi chiedimi condivida condividi consulta consulti contatta
contatti controlla controlli dammi descriva descrivi descrivimi desidera desideri dica dimmi dovrai
esitare falla fallo fammi fatelo fatemi favore fornirmi fornirne fornisca fornisci gradisci incolla
incolli indica invia inviami inviare invii lascia lasciamo mandami mandare mandarmene mandi mostralo
occorre parla parlane parli perdoni potete potrai potresti preferisci prega preghiamo prego
preoccupa preoccupi prova provi puoi raccontami racconti ricaricare ricaricarla ricorda ricordi
riferisce riferisci riformula riformuli rimandi riprova riprovi rivolga rivolgiti sapere scegli
scriva scrivi scrivimi seleziona selezioni serve servisse stai stia te tenga ti tieni tu tua tue tuo
tuoi usa utilizzi verifica verifichi voi vorresti vostra vostro vuoi vuole
""",
    apologies="""
ahimè desolat* dispiace eh peccato perdonami perdono purtroppo rammaric* rincresce scus* scusa
scusami scusarmi scusate scuse scusi scusiamo sfortunatamente sorry spiace spiacente spiacenti temo
""",
    negations="""
cancellat* corrott* danneggiat* difettos* disagio disattivat* eliminat* errore fallit* fallito
illeggibile impedisc* impossibil* impossibile impossibilità inaccessibile incapace incapacità
indisponibil* inesistent* insufficient* mai manca mancano mancat* manchi neanche nemmeno neppure
nessun* niente no non nulla né perdersi perdut* persa perso rimasta rimasto rimoss* scadut*
sconosciut* senza smarrit* smentir* troppo vuota vuoto zero
""",
    abilities="""
abilitat* adatt* addestrat* agio appropriat* autorizz* capace capacit* compete competen* condizione
condizioni consent* corrett* deve devo devono diritto dispost* dovere dovrebbe dovrei essere
funzione funzioni grado ho idone* impossibile incapace lecit* maniera modo opportun* permess*
permett* portata possiamo possibile possibilità posso possono potere potrebbe potrei potrò potuto
preparat* progettat* programmat* può riesce riesco riescono riusc* saranno sarà sento senza serve
sia sono spetta stato supporta* tocca verrà viene voglio vuole
""",
    consents="""
abilitat* addestrat* agio autorizz* compete consentit* diritto dispost* intendo lecito opportuno
permess* permett* preferibile preferirei preferisco programmat* qualificat* spetta
""",
    services="""
acced* access* accogl* affront* agire aiut* allegarla analisi analizz* apre aprir* assist* associ*
attribu* avanzar* caricar* cerc* cercare citare classific* collabor* comment* compito compless*
complet* concl* condivid* condivis* conferm* confront* congettur* consigl* continu* copiare creare
dar* decifr* dedurr* dedurre descri* determin* dettagl* diagnos* didascali* dire dirle dirlo dirti
discut* divulg* do elabor* esegu* esprim* evad* evas* faccio fare farla farlo farò formul* forni*
gener* gestir* gestisc* giudic* guardar* guardarl* guardarla guardo identific* immaginare
immaginarmi immagino indovin* informazion* interpret* intervenir* intervent* invent* inventar*
ipotes* lavor* leggerla mandar* menzion* mettere narr* navig* nom* nominar* occup* offr* orient*
parl* partecip* prepar* proced* produc* produrr* pronunci* prosegu* proseguire pubblic* raccogl*
raccomand* raccont* realizz* redig* referto riassum* riconosc* riconosciment* ricopi* riformul*
ripet* ripeter* riprodu* risolv* rispond* rispost* risposta ritrarr* rivel* scaricar* scegli* scriv*
sentire smentire soddisf* specul* spieg* stabil* stim* stimare suppos* tradur* trascriv* trasm*
trattar* tratto udire valut* veder* verific* visualizz*
""",
    perceptions="""
capire certa certo conferm* conosco credo determin* dice dico dire direi distingu* legger* leggo
noto osserv* penso percep* precisare sapere saprei scorg* sicura sicuro so stabilire trov* vede
veder* vediamo vedo vedono verific* visto
""",
    pictures="""
allegat* argoment* ciò collegament* compito contenut* conversazion* cosa cose descrizion* dialog*
didascali* document* domand* esam* estratt* file formato foto fotograf* genere illustrazion*
immagin* immagini input link material* messaggi* pagin* prompt pubblicazion* radiograf* radiografi*
richiest* ritaglio scansion* scena scene schermat* screenshot situazion* tema temi testi testo tipi
tipo url video visiv*
""",
    wholes="chi cosa niente nulla qualcosa",
    details="""
chi facce faccia famos* figur* gente identità individu* lettere nessuno nome nomi persona* persone
qualcuno testi testo viso volti volto
""",
    refusals="""
annull* annullare asten* blocc* bloccato censurat* contrassegnat* declin* diniego esclu* estraneo
evit* evitare evito fermat* filtrat* imprudente inaccettabil* inadeguat* inappropriat* indebit*
indietro indiscret* inopportun* insicur* interromp* interrott* invadent* irresponsabil* irrispettos*
larga legano legate limitat* lontan* muta negare negat* nego omett* passo proibit* respingere
respingo respint* restarne rifiut* rifiuta rinunc* ritirat* sbagliat* scart* scarto scorrett*
segnalat* sigillat* silenzio smentir* sospes* sottra* starne tacere testual* tirarsi trattengo
trattenut* vietat*
""",
    rules="""
abus* adult* anonimat* attrattiva autolesion* autorali autore autorità avvenenza benessere
biometric* cautela censur* comunità condizioni condotta confidenzial* conform* consenso copyright
credenz* criteri* dann* degrad* delicat* denigr* diffam* dignità diritti discrimin* disinform*
disturbant* doveri emozion* erotic* esplicit* estremis* etic* etni* età facciale facciali frod*
genere guida identificazion* illeg* impostazioni innocent* innocu* integrità intellettuale intimità
istruzion* legge leggi licenz* limitazion* linee minor* moderator* moderazion* moderazione molest*
moral* motiv* norm* nudi nudit* nudo odio offensiv* orientamento oscen* politic* pornograf*
pregiudiz* principi privacy privata private privati privato programmazion* proprietà protett*
protezione prudenza pudore ragion* razza razzial* regol* relig* responsab* restrizion*
riconosciment* riservat* rispettare rispetto salute scelta sensibil* sessual* sessualizz* sicurezza
sorveglian* stereotip* suicid* termini terroris* umili* utilizzo valori violen* vulnerabil*
""",
    breaches="""
confligg* consentono contraddic* contrari* contrast* contravv* contro eccede esce esul* fuori imped*
incompatib* infrang* limite limiti oltre oltrepass* permettono proib* rientra rientrano rompere*
sconfina supera superato trasgred* travalica viet* viol*
""",
    causes="""
affinché causa che cui dato dove motivi motivo per perché perciò poiché quando quindi ragioni se
siccome visto
""",
    arrivals="""
acced* access* accessibil* allegat* andata andato apert* apre aprire aprirla aprirlo aprirsi arriv*
arrivat* cancellat* caric* caricat* completat* condivis* corrott* danneggiat* dispon* elabor*
eliminat* esist* filtri filtro fornit* funzion* giung* giunt* illeggibil* inaccessibil* inclus*
inserit* invi* leggibil* mandat* passat* perdut* persa perso pervenut* presen* qui recapitat* ricev*
ricevut* rilevat* rimasta rimossa rimosso scadut* superat* supportat* trovat* visibil*
""",
    offers="alternativ* comprensione disposizione grazie invece lieta lieto piacere volentieri",
    depictions="eccetto mostra mostrano raffigura* rappresenta* ritra* tranne",
    fillers="""
400 403 404 413 415 422 500 503 a abbastanza abbia* abilitat* accadut* accett* accompagn* accord*
account accur* adatt* addestr* adegu* adeguat* adesso affermazion* affidabil* affinché aggiornament*
aggiung* agli ai aiut* al alcun* algoritm* all alla alle allo allora alternativ* altra altre altri
altrimenti altro altrove altrui ambigu* ambit* ammett* ammiss* analog* anche ancora annunci* anonim*
anticip* anticipo apertament* appai* appare apposit* apprend* apprezz* approfond* appropriat*
approssim* appunti appunto argoment* articol* artificiale ascolto assai assenz* assicur* assistenz*
assolut* assolutamente assum* attendibil* attenzion* attenzione attiv* attivat* attraverso attual*
attuale attuali attualmente augur* autentic* automat* automatic* autore avanti avemmo avendo avente
aver avere averlo avesse avessero avessi avessimo aveste avesti avete aveva avevamo avevano avevate
avevi avevo avrai avranno avrebbe avrebbero avrei avremmo avremo avreste avresti avrete avrà avrò
avuta avute avuti avuto avvert* avvi* avviso avvocat* azienda azion* basata basato base basta
battut* beh ben bene benefic* bensì benvenut* bisogn* bisogno bot bravo breve browser bug buia buio
buone buongiorno buono byte c cambia cambiar* capac* caratteristic* casi caso categor* caus* cautel*
certamente certe certezz* certi* chat che chiama chiamat* chiar* chiariment* chied* chiunque chius*
ci ciao ciascun* cifra cioè circa circostanz* ciò co codic* coerent* cogn* coincid* coinvolg*
coinvolt* collabor* collegh* colpa come comod* compaiono compare compit* compless* complet*
completamente component* comport* comprend* comprens* comun* comunic* comunque con conced* concern*
concett* conclud* conclusion* concret* condivision* conduc* confid* confin* conflitto confronti
confus* connessione conosc* conoscenz* consapevol* conseguenz* conserv* consider* consigli consist*
consiste contatt* contenere contento contest* contien* continu* contribut* controll* conven*
convenient* convers* convint* cordial* correg* corrent* corrett* corrispond* corrispondenza costru*
così cui curios* d da dai dal dall dalla dalle dallo danno data date dati dato davanti davver*
debit* decis* defin* definit* degli degn* dei del delicat* dell della delle dello delud* dentro
desider* determinat* dett* dettagl* detto dev devon* di dia dialog* dich* differen* difficil*
difficoltà digital* dimension* dimensioni dimentic* dipend* diretta direttament* direttamente
direzion* disagi* discret* discrezion* dispiac* dispon* dispositiv* disposizion* distanz*
distinguer* diventa divers* document* domand* dopo doppi* dottor* dov dove dover* dovra dovrà
dovunque dovuto dubb* dubbio dunque durante durat* e ecc eccezion* ecco ed effett* effettiv*
effettuat* efficac* egli elenc* elett* ella emerg* empat* enti entità entrambi eppure era erano
eravamo eravate eri ero errat* error* esam* esatt* esattament* esattezz* esaustiv* esclud* esclusiv*
esclusivamente esempio esigenz* esist* esistenz* esperienz* espert* espress* essa esse essendo esser
esser* esseri essersi essi esso estern* estrem* etichett* event* eventual* evident* evidenz* evit*
ex fa facciamo facciano facciate facemmo facendo facesse facessero facessi facessimo faceste facesti
faceva facevamo facevano facevate facevi facevo facil* facoltà fai fals* fanno far farai faranno
farebbe farebbero farei faremmo faremo fareste faresti farete farà fatta fatto favor* fece fecero
feci felice fermato fidat* fiduci* fin finalmente finche fine fing* fino finora finzion* fondament*
fonte fonti formal* formati formato fornit* fors* forse fosse fossero fossi fossimo foste fosti fra
frequent* fu fui fummo funzional* funzione furon* furono futuro garant* gentil* giudizi* giuridic*
giust* giustific* già gli gliela gliele glieli glielo gliene google grande grandi gratuit* grazi*
grazia guasto ha hai hanno hmm i idea ident* identic* ignor* il illimit* immediat* impegn* implic*
import* impost* impostazion* impostazioni impression* in incert* inclin* incomplet* inconvenient*
indic* indipendent* individual* inerent* infatti inform* innanz* inoltre insegn* insieme insist*
installat* intanto integr* intelligenza intend* intenzion* interazion* interess* interfacc*
interlocut* intern* internet interpell* intorno inutil* invad* invit* ipotetic* irrispettos* ispir*
istant* istituzion* l la lato le legal* legittim* lei lieve limitarsi limite limiti limits linea
linee linguagg* linguaggio linguistico livell* lo local* logic* loro lui lunghezz* lungo ma magari
maggior* malat* male maniera mansion* manual* mediante medic* meglio memori* meno mental* mente
mentre menzogn* merit* metadat* method* metod* mezzo milion* minim* minuti minuto mmm modalit*
modell* modello moder* modific* modo molt* molta molti moltissimo molto momento mondo motivazion*
multimedi* multimodal* naturalmente ne necessari* necessit* negativ* nei nel nell nella nelle nello
neutr* nient* niente nitid* nonostante normal* nota notizia nozion* nuovi nuovo o obblig* obiettiv*
occasion* occorr* od odier* off offert* oggi ogni oh ok online oper* opinion* opportun* oppure ops
opzion* ora organism* origine ossia ottener* ottim* output ovvero pagin* paragraf* parametr* pare
parecchi* parer* parola parole parte partecipant* particolar* partire partito passare pazienz* pecc*
peccat* pena per perch* perché perciò perdit* perfett* perfino pericol* permetters* permission*
persin* persino personal* personale perspicac* pertanto pertin* però peso piattaform* piccol*
piuttosto pixelat* più po pochissimo poco poi poiché politic* posizion* possa possano possed*
possess* possibili posto potenz* potenzial* potessi pratic* precauzion* precis* prefer* preferenz*
preg* preoccup* prepar* presente presso presto presum* prete* previst* prima primo principal*
principio priorità privatezz* probabil* problema* procedur* process* prodott* profess*
professionist* profil* profond* progett* progetto program* promess* promett* prompt promuov* pront*
propost* propri* proprio proseguiment* prospettiv* prossim* protegg* protett* proven* provenienz*
provved* prudent* psicolog* pubblic* pubblicament* punti punto pur purament* pure q qua qualche
qualcos* qualcun* quale quali qualificat* qualità qualsiasi qualunque quando quant* quantità quasi
quell* quest questa queste questi question* questo quind* quindi quot* r raccomandazion* radiolog*
raggiunt* ragionevol* rapid* rapport* reagir* realist* realmente realt* recapit* recente* reciproc*
regolament* relativ* relazion* rend* reput* requisit* respons* restrizion* riassun* ricerc* richied*
richiederebbe richiest* ridott* rientr* riferiment* riferit* riflett* riform* riguard* riguardant*
rileva* rimand* rimang* rimoz* ringrazi* riniz* ripens* riprend* riprov* riserbo riserv* risoluzione
risors* rispettos* rispettosamente risult* risultat* riten* ritent* ritornare riuscit* rivolg* ruol*
salve salvo sapessi sara sarai sarebbe sarebbero saremmo saremo sareste saresti sarete sbagli*
scelt* schem* scopo scopr* scorrett* scritto scura scuro se sebbene second* seguent* seguire seguo
sei sembr* semplicemente sempre sens* sensat* sensazion* sentiment* sentirsi separat* serv* server
servizi* servizio servono session* settor* severament* sezion* sfocat* sforz* sfuggono sgranat* si
siano siate sicurament* siete significa* significherebbe simil* simpat* simul* sincer* singol*
sintes* sistema situ* sms social* softwar* soggett* solamente solito solo soltanto soluzion* sopra
soprattutto sostegn* sostitu* sotto sottopost* sottoscritt* specialist* specific* speranz* spesso
spirit* spontane* sta stai stando stanno starai staranno stare starebbe starebbero starei staremmo
staremo stareste staresti starete starà starò stata state stati stava stavamo stavano stavate stavi
stavo stemmo stess* stessa stesse stessero stessi stessimo stesso steste stesti stette stettero
stetti stimare sto strettament* strument* struttur* su sua subito success* sue suggeriment* sui sul
sull sulla sulle sullo suo suoi supervision* support* svilupp* sé tal tale tali talmente talvolta
tanto tardi tecnic* tecnolog* tempo temporane* tendenz* tent* teor* terapeut* termin* terzi testo
testual* tono total* totalment* tra traduzion* trascrizion* trasferiment* trasparen* tratt* tratta
tristement* troppe tutta tuttavia tutte tutti tutto uffici* ugual* ulterior* ultim* umani un una
unic* unicamente unità uno urgen* url usar* uso utent* util* utile utili utilità utilizz* va vale
valid* valor* valutazion* vantagg* vari varia varie vario veloc* verit* versione versioni verso vi
vicend* vicin* vigent* vincol* virtuale visione visto visuale volent* volont* volta vostr* web è
""",
)
