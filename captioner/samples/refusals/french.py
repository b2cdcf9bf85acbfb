"""Words of refusals in French."""

from __future__ import annotations

from captioner.samples.refusals.lexicon import Lexicon

FRENCH = Lexicon(
    selves="""
assistant assistante ia j je laisse m me moi nous passe passerai préfère préférerais reste resterai
service système
""",
    owns="ma mes mon nos notre",
    addressees="""
adresse adressez aimeriez as assurez attendez auriez avez besoin cherche cherchez choisi* coller
collez consulte consultez contacte contactez craignez demandez dis dites donne donnez décris
décrivez envisagez envoie envoyez essaie essayer essayez fais faites faudra fournissez hésite
hésitez indique indiquez joignez laisse laissez merci note notez parle parlez partage partagez
pensez plaît pourrais pourriez pouvez proposez précisez rapprochez reformulez renvoyer renvoyez
réessaie réessayer réessayez sentez servez si souhaiteriez souhaites souhaitez t ta te tes toi ton
tourne tournez traversez trouve trouvez tu télécharg* utilise utilisez veuillez veux vos votre
voulez vous vérifie vérifiez écrivez
""",
    apologies="""
confus confuse crains dommage décevoir désolé désolée désolées désolés déçu excus* hélas
malheureusement navré navrée pardon pardonn* regret* sorry toutes
""",
    negations="""
aucun aucune cassé* chemin corromp* corrompu* disparu* défectueu* désactivé* effac* empêch*
endommagé* erreur expiré* faute guère illisible illisible* impossibilité impossible impossibles
inaccessible incapable incapacité inconnu* indisponible indisponible* inexistant* insuffisamment
insuffisant* invalide jamais mal manquant* manque n ne ni non nul null nulle pas perd* perdu perdue
perdus retiré* rien route réticent* sans supprim* trop vain vide zéro échec échou* échoué égaré*
""",
    abilities="""
ai aimer* aise appartient approprié* apte arrive arrivé autoris* capable capacité* charge
compétence* convenable convien* conçu* correct* dispos* dois doit droit entraîné* faculté* fonction*
formé* habilité* impossible impossibles incapable mesure moyen* parvenu parvien* permet* permis peut
peuvent peux portée possibilité* possible pourrai pourrais pouvait pouvoir pouvons pris prise
programmé* prévu* pu puis puisse reste revient sais sans saura saurais saurait sera serai seront
souhait* suis va vais veux vont voudr* état être
""",
    consents="""
aimerais aise autorisé* censé censée dispose disposé* droit enclin entraîné* habilité* permet*
permis programmé* préfère préférerai préférerais prêt prête qualifié* souhaite supposé tenu
""",
    services="""
abord* aboutir abrég* accepter accèd* accéd* aid* analys* appréci* assist* attribu* charg* cherch*
choisi* citer class* collabor* comment* commentaire* communiqu* compar* complét* conclu* confirm*
conseil* consult* continu* copier cré* descripti* devin* diagnos* dire discut* divulgu* donn* donner
déchiffr* décri* décrypt* déduct* dédui* déduire dépei* détaill* détermin* déterminer entendre
entrer estim* examin* expliqu* exprim* exécut* faculté* faire fais ferai formul* fourni* gère génér*
gérer hypothès* identif* identification* indiqu* infirmer information* interprét* intervenir invent*
inventer juger lire légend* mention* mettre narr* navig* nom nomm* nommer noms occup* offr* orient*
ouvre ouvrir parle parler* partag* particip* poursui* procéd* produi* pronon* propos* prépar* prêt*
publi* racont* recommand* reconna* reconnaissance recopi* reformul* regard* regarder renseign*
renseigner repren* reprodui* restitu* retranscri* réagi* réalis* rédaction rédig* répon* répét*
résol* résoudre résum* révél* satisf* signal* spécul* suggér* supposition* tradui* trait* transcr*
transcri* transcription* transmett* travaill* tâche* télécharg* valider visionn* visualis* voir
vérifi* écri* écrirai écrire écris émett* énonc* évalu* évaluer évoqu*
""",
    perceptions="""
affirmer aperço* certain certaine certaines confirm* connais crois dirais dire dis discern*
distingu* dit détermin* lire lis observ* pense perço* préciser remarqu* sais saurais savoir sûr sûre
trouv* voir vois voit voyons vu vue vérifi*
""",
    pictures="""
capture* ceci cela celle chose* cliché* contenu* conversation demande* description* dialogue*
discussion* document* examen* extrait* fichier* illustration* image* jointe* jpg lien lien* liens
légende* message* page* parole* paroles photo* pièce* prise publication* question* radiograph*
requête* scan* scanner* scène* situation* sujet* texte* type* tâche* vidéo* visuel* ça échange*
élément*
""",
    wholes="qui quoi rien",
    details="""
célèbr* figure* gens identité individu* lettres nom noms personne personne* quelqu qui texte*
visage*
""",
    refusals="""
abst* abstien* abstiendr* annul* arrêté* bloqu* censur* contourn* distance décide déclin* décline
déplacé* déraisonnable excl* filtré* imprudent* inacceptable* inadapté* inapproprié* inconvenant*
incorrect* indiscret* indécent* infirmer interdi* interromp* intrusif* irrespectueu* irresponsable*
lient liées liés malvenu* muet neutr* omett* préserver reculer refus* rejet* renonc* renoncer
restrein* retenu* retire réticent* saute* scellé* signalé* silence silencieu* stopp* suspend* taire
tais textuel* tour écart écart* écarter éloigné* évit* évite éviter
""",
    rules="""
abus* adulte* anonymat apparence attirance auteur automutil* autorité* biais bien bienveillan*
biométri* caractère caractéristiq* choquant* communauté* condition* conduite confidential* conform*
consentement consigne* croyanc* danger* devoir* diffam* dignité directive* discrimin* données droit
droits dégrad* délicat* déontolog* désinform* ethni* explicite* extrémis* facial* faciale fraude*
haine haineu* harcèl* humili* identification* illég* inoffensi* instruction* intellectuelle intime*
intimité intégrité licence* ligne* limite* loi* légal* mineur* modérat* modération moral* norme* nu
nudité nue nus obscèn* offens* orientation origine* paramètres personnalité* personnelle* politi*
pornograph* principe* privé privée privées privés programmation propriété protection protég*
prudence pudeur rabaiss* race racial* raison* reconnaissance relig* respect respect* responsab*
restriction* règle* réglement* santé sensible* sexualis* sexuel* stéréotyp* suicid* surveill*
sécurit* sécurité sûreté terme* terroris* trait traits utilisation valeurs vie violation violen*
vulnérab* âge émotion* érotiq* éthique*
""",
    breaches="""
allant autorisent contradict* contraire* contre contredi* contrev* dehors delà dépasse dépassent
empiét* empêch* encontre enfrei* enfrein* excède excéd* franchi* hors incompatib* interdi* loin
outrepass* permettent relèv* sort transgress* viol*
""",
    causes="""
afin ainsi car cause causes donc dont lesquel* lorsque motif* où parce pour puisque qu quand quant
que qui raison raisons si étant
""",
    arrivals="""
acced* accessible* accès* accéd* affich* affiché* analysé* arriv* attach* charge* chargeait chargé*
complèt* corromp* disponib* effac* endommag* envoi* envoyé* existe existent expiré* filtre filtres
fonctionn* fourni* ici illisible inaccessible inclu* inclus* indisponible* inséré* joignable joint*
lisib* lisible* ouvert* ouvre ouvrir partag* parven* parvenu* passé* perdu perdue pris prise
présent* retiré* reçu* réceptionn* supprim* trait* transmi* transmis* trouv* téléchargé* visib*
visible* égaré*
""",
    offers="alternative* compréhension disposition merci plaisir plutôt ravi volontiers",
    depictions="dépeint excepté hormis illustre* montre* représent* sauf",
    fillers="""
400 403 404 413 415 422 500 503 a abandonn* abord absolument accompagn* accompli* accomplir accord*
acte* action* activité activé* activée actuel* actuellement adapté* admett* administr* adéquat*
affaire* afin agit ah aid* aille ailleurs aime* aimer* ainsi ait ajout* alentour aller allons
allégu* alors aléatoire* amical* ample* améliorer annonc* anonyme* août apparai* apparaî*
apparemment apparence* apparten* appel* application* appliq* apport* apprend* approch* appropri*
approprié* appui* apres après argument* arrang* artificielle aspect* assez assum* assur* atout*
attend* attendre attent* attention attrib* au aucun* auj aujourd auprès auquel aura aurai auraient
aurais aurait auras aurez auriez aurions aurons auront aussi autant automatique* automatis*
autorité* autre* autrui aux avaient avais avait avant avec avenir aviez avis avocat* avoir avons
avère axe* ayant ayez basant base basse basé* basée beaucoup besoin bien bienvenu* blague* bon
bonjour bonne bonnes bons bord* bot bots bout bref brève bugs but buts c cachet cadre capable*
captcha* car cas catégor* cause ce ceci cela celle celles celui cependant certainement certes ces
cet cette ceux chacun chanc* chang* changer chaque chargement chemin choix chos* ci circonstan*
citation* clair* claire* clairement clarif* code* cohéren* collègu* combien combin* command* comme
commenc* commun* compagnie compar* compat* complet* complexe* complèt* complètement comport*
comporte compren* comprendre comprends compris compt* compte concentr* concept* concern* concevoir
conclu* concr* condit* conduir* confian* confond* confort* confus* connais* connexion connu* conseil
conseils consid* consist* consiste constitu* construi* conséquen* contact* contenir context*
contienn* contient contr* convaincr* convaincu* conven* convien* cordial* correct* correspond*
correspondance corrig* courant courriel crise* critiq* croire créat* créé* curieu* curiosité côté d
danger dans date davant* de degré* dehors demeur* depuis dernier* dernièr* derrière des destin* deux
devant devenir devers devient devoir devr* devra devrait dialogu* difficil* difficulté* différ*
différen* digital* digne* dirait direct* directement direction discret* discrét* dispon* dispositi*
distin* divers* docteur docum* doivent domaine* dommage* donc donnée* dont doté* doute droit* du due
durant durée dynam* dès débat* début* décid* décision* déclar* défaut* défini* déjà délai* départ*
dépend* désagr* désir* désormais détail* détermin* détient développ* dû effectiv* effectu* effet
effort* eh elle elles embarras* emp* emploi* employ* en encore encourag* enfin engag* enlev* ennuy*
ensembl* ensuite entend* entendre entier* entièr* entièrement entraîn* entre entreprise* entretien*
entrée envers environ envisag* erron* esprit* essai* essay* essentiel* est et eux exact* examin*
excepté exclu* exclus* exclusivement excès exemple exig* exist* existence expert* expliqu* explor*
expos* express* expéri* extern* externe* extrait* facile* facilement facteur* faible* faisaient
faisant fait faite faites faudrait faut faux favor* faço* façon fermement fiab* fidèl* figur* fin
final* fix* flou floue flux fois fonction* fonctionnalité* fonctionnement font forc* force format*
formul* fortement fournisseur* fut futur* garant* gard* genre* gens gentil* gestion* global* google
gouver* grand* grave* grâce guid* général* gêne* gêné* habitu* habitude* hasard heure* heureuse
heureux historique hmm hors hui hum hypothèse* hésit* ici ident* identités idéal* idée ignor* il ils
imagin* immédiat* impact* implic* impliqu* import* importe imposs* impression* improvis* incertain*
inclin* incomplet* inconvénient* individ* indépendam* influen* inform* initial* inquiét* insatis*
insist* inspir* inst* instant* insuffis* intelligence intelligent* intention* interdict* interface*
intern* interne* internet interrog* introdu* intrus* intégr* intéress* inutile* irai irait jug*
juridiq* jusqu jusque juste justif* l la laiss* langage langue* laquelle le lecteur* lecture* lequel
les lesquel* leur leurs leçon* limite* linguist* liste* littér* logiciel* logiq* loin longtemps lors
lorsque lui là légitim* légèr* machine* maintenant mais majorit* malad* malentendu malgré maltrait*
manier* manière manque* manuel* marg* matière* mauvais* maxim* meilleure membre* mental* mentale
menu* message* mettr* mien mieux million* minim* minute* mode modif* modèl* modèle moindre* moins
moment monde montrant moral* mot motif motifs mots moye* muet multi* multiple* mécon* médec*
médecin* médic* mémoire* méthode* même mêmes natur* nature* naturel* net nette neutre* niveau*
nombre* nommé* normal* notam* notamment note noter notion* nouve* nouvell* numériq* numéro*
néanmoins nécess* nécessit* négat* obje* objectif* oblig* obligation* obligé* observ* obten*
occasion* octet* officiel* oh ok on ont opinion* opportun* optimal* option* ordinateur* ordre
organism* orient* origin* ou oups outre ouvert* où panne papier* par paragraph* paramètre*
paramètres paraître parce parfois parmi part partage* partant parti* particip* participant*
particuli* partir passag* passer passé patience* patient* pendant pense* perd* perme* permission*
persist* personnel* persp* pertin* petite peu peur photographié* phras* physiqu* pixel* pixelisé*
place plan plateforme* plaît plupart plus plusieurs poli* poliment polit* posit* possib* possèd*
posséd* poste* pour pourquoi pourra pourraient pourrait poursuite pourtant pratiqu* premi* prendre
principal* priv* privilég* probab* probabl* problème* processus proch* proche* procéd* produit*
profession* professionnel* programme* progrès projet promess* promet* prompt propos* prot* proven*
provenan* provenant prudent* près préalabl* précaut* précaution* préci* précis* précéd* préfèr*
préférab* préférable préféren* préoccup* prépar* présent* psych* publi* publiq* puisque pur pure
purement période* q qu qualif* qualifié* qualité qualités quand que quel quelconque quelle quelles
quelque quelques quels question* quoi quoique r radiolog* radiologue* rapid* rapport* rare rarement
rares ravie reconn* reconnaissance recour* refu* regard* relati* relev* remerci* remettr* rempl*
remplacement rencontr* rend rend* rendre renouvel* rep* repren* représ* représenté* requi* respec*
respectueu* respectueusement ressour* ressource* reste* restr* resté restée retour retour*
reviendrait risqu* route rubriq* réalité* réconfort* réelle* réess* réessay* réf* réflexion*
réfléchi* référ* rég* réguli* réserv* résid* résolu* résolution résultat* résum* rév* rôle* s sa
saisi* saisir sait salut santé satisf* sauf savo* schéma* se secouri* secours secteur* selon sembl*
semblabl* sens sensib* sentiment* sentir seraient serais serait seras serez serions serv* servent
serveur service ses session* seuil* seul seule seulement sien signal* signif* similair* simple*
simplement simul* sincèr* sincèrement site* situ* soi soient soit sombre sommes son sont sort* sorte
sortent sortie souci* soucis soudain* souha* souhait* source* sous sout* soutien* souvenir* souvent
soyez soyons spécial* spécialis* spécialiste* spécif* spécifi* stipul* strict* strictement struct*
subi* substitu* succès suffi* suffisa* suggest* suit suite suiv* suivant* suivre suppl* support*
suppos* supposerait supérieur* sur surpris* surtout surven* survenu* synt* système systémat* séparé*
sérieu* taille tandis tant tard tard* technique* technolog* tel telle tellement telles tels
temporair* temps tend tenir tent tent* tente tenter term* terminer test* textuel* thème* tien tierce
tiers titr* touchant toujours tourner tous tout toute toutefois trad* traiter transpar* traver*
tromp* trop trouv* très tutoriel* type* tôt ultéri* un une unes unique uniquement uniques unité*
urgen* url* usag* usage* usurp* util* utile* utiles utilis* valable* valeur valide vas vers version*
versions veuille via victim* vierge vigil* virtuel* virtuell* visant vise vision visuellement
vocation* voici voilà voire voix volont* volontiers vou* voudr* vrai* vraim* vraiment véritab*
vérité* vœu* web y zone* à ça échang* éclair* écrit éditeur* également élabor* émis* équip*
équivalent* établi* étaient étais était étant étape* éthiq* étiez été éventuel* évident* évit*
évènem* évènement* événement* êtes
""",
)
