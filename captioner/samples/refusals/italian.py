"""Words of refusals in Italian."""

from __future__ import annotations

from captioner.samples.refusals.lexicon import Lexicon

ITALIAN = Lexicon(
    selves="""
abbiamo aiuterò analizzo astengo capisco chiedo commenterò comprendo conosco darò declino descriverò
descrivo devo dirò dispongo do dobbiamo elaboro esaminato faccio farò fornisco guardato ho ia
identifico informiamo interpreto io limito me mi mia mie miei mio nego noi nostra nostre nostri
nostro offro parlerò parlo possiamo posso potrei potrò potuto preferisco respingo ricevo riconosco
riesco ringrazio rispondo saprei sarei sarò scriverò scrivo sento siamo so spero suggerisco temo
tratto trovo vedo voglio vorrei
""",
    addressees="""
allega alleghi assicurati avvisa carica caricarla carichi chieda chiede chiedi chiedimi condivida
condividi consulta consulti controlla controlli descriva descrivi descrivimi desidera desideri dica
dimmi esitare fammi favore fornisca fornisci gradisci indica invia inviami inviare invii mandami
mandare mandi perdoni potete potresti preferisci prego prova provi puoi raccontami racconti rimandi
riprova riprovi rivolga rivolgiti scriva scrivi scrivimi se te ti tu tua tue tuo tuoi verifica
verifichi voi vostra vostro vuoi vuole
""",
    apologies="""
ahimè desolat* dispiace eh peccato perdonami perdono purtroppo rammaric* rincresce scusa scusami
scusarmi scusate scuse scusi sfortunatamente sorry spiace spiacente spiacenti temo
""",
    negations="""
cancellat* corrott* danneggiat* eliminat* errore fallito illeggibile impedisc* impossibile
impossibilità inaccessibile incapace incapacità indisponibil* insufficient* mai manca mancano manchi
neanche nemmeno neppure nessun* niente no non nulla né persa perso rimoss* scadut* senza smarrit*
troppo vuota vuoto
""",
    abilities="""
abilitat* adatt* addestrat* agio appropriat* autorizz* capace capacit* compete competen* condizione
condizioni consent* corrett* deve devo devono diritto dispost* dovere dovrebbe dovrei essere
funzione funzioni grado ho idone* impossibile incapace lecit* maniera modo opportun* permess*
permett* portata possiamo possibile possibilità posso possono potere potrebbe potrei potrò potuto
preparat* progettat* programmat* può riesce riesco riescono riusc* saranno sarà sento senza serve
sia sono spetta stato supporta* tocca verrà viene voglio vuole
""",
    services="""
acced* access* accogl* aiut* analisi analizz* apre aprir* assist* caricar* cercare citare classific*
collabor* comment* compito complet* condivid* congettur* continu* copiare creare dar* dedurre
descri* diagnos* didascali* dire dirle dirlo dirti discut* divulg* do elabor* esegu* esprim* evad*
evas* faccio fare farla farlo farò formul* forni* gener* gestir* gestisc* giudic* guardar*
identific* indovin* informazion* interpret* intervenir* ipotes* mandar* menzion* narr* navig* nom*
occup* offr* orient* parl* partecip* prepar* proced* pronunci* prosegu* pubblic* raccont* realizz*
redig* referto riconosc* ricopi* ripet* riprodu* rispond* rispost* ritrarr* rivel* scaricar* scriv*
soddisf* specul* stim* suppos* tradur* trascriv* trasm* trattar* tratto valut* veder* visualizz*
""",
    perceptions="""
capire certa certo conferm* conosco credo determin* dice dico dire direi distingu* legger* leggo
noto osserv* penso percep* precisare sapere saprei scorg* sicura sicuro so stabilire trov* vede
veder* vediamo vedo vedono verific* visto
""",
    pictures="""
allegat* argoment* compito contenut* conversazion* cosa cose descrizion* dialog* didascali*
document* domand* file foto fotograf* genere immagin* input link material* messaggi* pagin*
radiograf* richiest* scansion* scena scene schermat* situazion* tema temi testi testo tipi tipo
video visiv*
""",
    wholes="chi cosa niente nulla qualcosa",
    details="""
facce faccia famos* figur* gente identità individu* lettere nessuno nome nomi parola parole persona*
persone qualcuno testi testo viso volti volto
""",
    refusals="""
annull* asten* blocc* contrassegnat* declin* diniego filtrat* inaccettabil* inadeguat* inappropriat*
indebit* inopportun* insicur* limitat* negare negat* nego omett* passo proibit* respint* rifiut*
rinunc* sbagliat* scart* scorrett* segnalat* silenzio sospes* tacere testual* vietat*
""",
    rules="""
abus* adult* anonimat* autore cautela condizioni confidenzial* conform* consenso copyright dann*
delicat* diffam* dignità diritti discrimin* disinform* disturbant* emozion* erotic* esplicit*
estremis* etic* etni* età frod* genere guida illeg* intellettuale intimità istruzion* legge leggi
limitazion* linee minor* molest* moral* motiv* norm* nudi nudit* nudo odio offensiv* orientamento
oscen* politic* pornograf* pregiudiz* principi privacy programmazion* proprietà protezione prudenza
ragion* razza razzial* regol* relig* responsab* restrizion* riservat* rispetto salute scelta
sensibil* sessual* sicurezza sorveglian* stereotip* termini terroris* utilizzo violen* vulnerabil*
""",
    breaches="""
consentono contrari* contravv* contro esul* fuori imped* infrang* oltre permettono proib* rientra
rientrano rompere* supera travalica viet* viol*
""",
    causes="""
affinché causa che dato motivi motivo per perché perciò poiché quindi ragioni siccome visto
""",
    arrivals="""
acced* access* allegat* andata andato apert* apre aprire aprirsi arriv* cancellat* caric* completat*
condivis* corrott* danneggiat* dispon* elabor* eliminat* esist* filtri filtro fornit* funzion*
giunt* illeggibil* inaccessibil* inclus* invi* leggibil* persa perso pervenut* presen* qui ricev*
rilevat* rimossa rimosso scadut* supportat* trovat* visibil*
""",
    offers="alternativ* comprensione disposizione grazie invece lieta lieto piacere volentieri",
    depictions="mostra mostrano raffigura* rappresenta* ritra*",
    fillers="""
400 403 404 413 415 422 500 503 a abbastanza abbia* adeguat* adesso affinché agli ai al alcun* all
alla alle allo allora altra altre altri altrimenti altro altrove altrui anche ancora anticipo appai*
appare appropriat* appunti appunto artificiale assai assolutamente attenzione attraverso attualmente
automatic* avanti avemmo avendo avente aver avere averlo avesse avessero avessi avessimo aveste
avesti avete aveva avevamo avevano avevate avevi avevo avrai avranno avrebbe avrebbero avrei avremmo
avremo avreste avresti avrete avrà avrò avuta avute avuti avuto avviso avvocat* basata basato base
basta beh ben bene bensì bisogno bot buia buio buone buongiorno buono c casi caso certamente certe
certi* che chiar* chiunque ci ciao ciascun* cioè circa ciò co coinvolg* colpa come compaiono compare
comunque con concern* connessione consigli contenere contento contien* correg* corrett* così cui d
da dai dal dall dalla dalle dallo data dati dato davanti decis* degli dei del dell della delle dello
dentro dettagl* detto di dimension* direttamente diventa dopo dottor* dov dove dover* dovra dovrà
dovunque dovuto dubbio dunque durante e ecc ecco ed effettiv* egli ella entrambi eppure era erano
eravamo eravate eri ero esam* esclusivamente esempio esigenz* espert* essa esse essendo esser essi
esso eventual* evident* evit* ex fa facciamo facciano facciate facemmo facendo facesse facessero
facessi facessimo faceste facesti faceva facevamo facevano facevate facevi facevo fai fanno far
farai faranno farebbe farebbero farei faremmo faremo fareste faresti farete farà fatto fece fecero
feci felice fin finalmente finche fine fino formati formato forse fosse fossero fossi fossimo foste
fosti fra fu fui fummo furono futuro già gli gliela gliele glieli glielo gliene grande grazia ha hai
hanno i idea il in infatti inform* inoltre insieme intanto intelligenza internet intorno l la lato
le lei limite limiti linguaggio linguistico lo loro lui lungo ma magari maggior* male mediante
medic* meglio meno mentre mezzo modello molta molti moltissimo molto momento naturalmente ne
necessari* nei nel nell nella nelle nello nitid* nonostante nota nuovi nuovo o od oggi ogni oh ok
opportun* oppure ops ora ossia ovvero pare parecchi* parte particolar* partire per perché perciò
perfino personal* pertanto però piuttosto più po pochissimo poco poi poiché possa possano possibili
posto potenzial* prefer* presso presto prima primo principal* probabil* problema* professionist*
progetto propri* pubblic* pur purament* pure q qua qualche qualcun* quale quali qualificat* qualità
qualsiasi qualunque quando quant* quasi quell* quest questa queste questi questo quind* r radiolog*
ragionevol* realmente recente* relativ* riguard* risoluzione risultat* salve salvo sara sarai
sarebbe sarebbero saremmo saremo sareste saresti sarete scorrett* scura scuro sebbene second*
seguent* sei sembr* semplicemente sempre server servizio sfocat* si siano siate siete simil* singol*
sistema solamente solito solo soltanto sopra soprattutto sotto specialist* specific* spesso sta stai
stando stanno starai staranno starebbe starebbero starei staremmo staremo stareste staresti starete
starà starò stata state stati stava stavamo stavano stavate stavi stavo stemmo stessa stesse
stessero stessi stessimo stesso steste stesti stette stettero stetti sto su sua subito success* sue
sui sul sull sulla sulle sullo suo suoi sé tal tale tali talvolta tanto tardi tempo termin* testual*
total* tra tranne tratta tutta tuttavia tutte tutti tutto ulterior* ultim* un una unicamente uno va
vale vari varia varie vario verso vi vicin* virtuale volta vostr* web è
""",
)
