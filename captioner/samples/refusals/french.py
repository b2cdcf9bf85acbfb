"""Words of refusals in French."""

from __future__ import annotations

from captioner.samples.refusals.lexicon import Lexicon

FRENCH = Lexicon(
    selves="ia j je m ma me mes moi mon nos notre nous",
    addressees="""
adresse adressez as assurez avez consulte consultez demande demandez dites décris décrivez envoie
envoyez essaie essayez fournissez hésite hésitez joignez merci partage partagez plaît pourrais
pourriez pouvez renvoyez réessaie réessayer réessayez si souhaites souhaitez t ta te tes toi ton tu
télécharg* veuillez veux vos votre voulez vous vérifie vérifiez écrivez
""",
    apologies="""
confus confuse crains dommage décevoir désolé désolée désolées désolés déçu excus* hélas
malheureusement navré navrée pardon pardonn* regret* sorry toutes
""",
    negations="""
aucun aucune corrompu* effac* empêch* endommagé* erreur expiré* faute guère illisible impossibilité
impossible impossibles inaccessible incapable incapacité indisponible* insuffisant* invalide jamais
manquant* manque n ne ni non nul nulle pas perdu perdue perdus refus retiré* rien sans supprim* trop
vide échec échoué
""",
    abilities="""
ai aimer* aise appartient approprié* apte arrive arrivé autoris* capable capacité* charge
compétence* convenable convien* conçu* correct* dispos* dois doit droit entraîné* faculté* fonction*
formé* habilité* impossible impossibles incapable mesure moyen* parvenu parvien* permet* permis peut
peuvent peux portée possibilité* possible pourrai pourrais pouvait pouvoir pouvons pris prise
programmé* prévu* pu puis puisse reste revient sais sans saura saurais saurait sera serai seront
souhait* suis va vais veux vont voudr* état être
""",
    services="""
abord* aboutir accepter accèd* accéd* aid* analys* appréci* assist* charg* cherch* citer class*
collabor* comment* communiqu* complét* consult* continu* copier cré* descripti* devin* diagnos* dire
discut* divulgu* donn* décri* dédui* dépei* entrer estim* examin* exprim* exécut* faire fais ferai
formul* fourni* génér* hypothès* identif* indiqu* information* interprét* juger lire légend*
mention* narr* navig* nom nomm* noms offr* orient* ouvre ouvrir parle parler* partag* particip*
poursui* procéd* pronon* propos* prépar* prêt* publi* racont* reconna* recopi* regard* renseign*
reprodui* retranscri* réalis* rédaction rédig* répon* répét* révél* satisf* spécul* supposition*
tradui* trait* transcri* transmett* tâche* télécharg* visionn* visualis* voir écri* émett* évalu*
évoqu*
""",
    perceptions="""
affirmer aperço* certain certaine certaines confirm* connais crois dirais dire dis discern*
distingu* dit détermin* lire lis observ* pense perço* préciser remarqu* sais saurais savoir sûr sûre
trouv* voir vois voit voyons vu vue vérifi*
""",
    pictures="""
capture* chose* cliché* contenu* conversation demande* description* dialogue* document* entrée
fichier* image* jointe* lien* légende* message* page* photo* pièce* question* radiograph* requête*
scène* situation* sujet* texte* type* tâche* vidéo* visuel*
""",
    wholes="qui quoi rien",
    details="""
célèbr* figure* gens identité individu* lettres mot mots nom noms personne* quelqu texte* visage*
""",
    refusals="""
abst* annul* bloqu* décide déclin* déplacé* filtré* inacceptable* inadapté* inapproprié*
inconvenant* incorrect* indécent* interdi* malvenu* omett* refus* rejet* renonc* restrein* saute*
signalé* silence suspend* taire textuel* tour écart*
""",
    rules="""
abus* adulte* anonymat auteur biais caractère choquant* condition* confidential* conform*
consentement consigne* diffam* dignité directive* discrimin* droits délicat* désinform* ethni*
explicite* extrémis* fraude* haine harcèl* illég* instruction* intellectuelle intime* intimité
ligne* limite* loi* mineur* moral* norme* nu nudité nue nus obscèn* offens* orientation politi*
pornograph* principe* privée programmation propriété protection prudence race racial* raison* relig*
respect responsab* restriction* règle* réglement* santé sensible* sexuel* stéréotyp* surveill*
sécurité terme* terroris* utilisation vie violen* vulnérab* âge émotion* érotiq* éthique*
""",
    breaches="""
autorisent contraire* contre contrev* delà dépasse dépassent empêch* encontre enfrei* excède hors
interdi* permettent relèv* sort viol*
""",
    causes="""
afin ainsi car cause causes donc lesquel* motif* parce pour puisque qu que qui raison raisons étant
""",
    arrivals="""
acced* accès* accéd* affich* analysé* arriv* charge* chargé* complèt* corromp* disponib* effac*
endommag* envoi* envoyé* existe existent expiré* filtre filtres fonctionn* fourni* ici illisible
inaccessible inclus* indisponible* joint* lisib* ouvert* ouvre ouvrir partag* parven* perdu perdue
pris prise présent* retiré* reçu* supprim* trait* transmi* trouv* téléchargé* visib*
""",
    offers="alternative* compréhension disposition merci plaisir plutôt ravi volontiers",
    depictions="dépeint illustre* montre* représent*",
    fillers="""
400 403 404 413 415 422 500 503 a abandonn* absolument actuellement afin ah ailleurs aimer* ainsi
ait aller allons alors apparai* apparaî* apparence* approprié* apres après artificielle assez
attention au aucun* aujourd auprès auquel aura aurai auraient aurais aurait auras aurez auriez
aurions aurons auront aussi autant automatique* autre* autrui aux avaient avais avait avant avec
aviez avis avocat* avoir avons ayant ayez basant base beaucoup besoin bien bon bonjour bonne bonnes
bons bot bout bref brève c car cas cause ce ceci cela celle celles celui cependant certainement
certes ces cet cette ceux chacun chaque chemin ci combien comme compris concern* connexion conseil
conseils contenir contienn* contient correct* corrig* côté d dans de dehors depuis dernier* derrière
des deux devant devers devoir devra devrait différen* direct* divers* docteur doivent donc donnée*
dont doute du durant dès décid* déjà désormais détail* effet eh elle elles en encore enfin entre
envers environ est et eux exact* examin* excepté exclusivement exemple expert* expliqu* faisaient
faisant fait faite faites façon figur* fin floue fois font force format* fut grand* général*
heureuse heureux hui idée il ils importe inform* intelligence internet jusqu jusque juste l la
langage laquelle le lequel les lesquel* leur leurs limite* longtemps lors lorsque lui là maintenant
mais malentendu malgré manière mien mieux modèle moins moment montrant motif motifs multiple*
médecin* médic* même mêmes naturel* net nette notamment note nouve* néanmoins nécess* oh ok on ont
ordre ou oups outre où par parce parfois parmi part partant particuli* partir passé pendant
personnel* peu photographié* place plupart plus plusieurs possib* pour pourquoi pourra pourraient
pourrait pourtant premi* probabl* problème* proche* professionnel* projet près précis* précéd*
préférable publi* puisque pur pure purement q qu qualifié* qualité quand que quel quelconque quelle
quelles quelque quelques quels quoique r radiologue* rare rarement rares ravie relati* remplacement
rend rendre représenté* reste* retour route réelle* réessay* résolution résultat* s sa sait salut
sauf se selon sembl* sens seraient serais serait seras serez serions serveur service ses seul seule
seulement sien simple* soi soient soit sombre sommes son sont souhait* sous souvent soyez
spécialiste* spécifi* strict* suffi* suit suite suivant* suivre sur surtout système taille tandis
tant tard tel telle tellement telles tels temps tend tenir tente textuel* tien touchant toujours
tous tout toute toutefois très tôt un une unes unique uniquement uniques valeur vas vers veuille via
virtuel* voici voilà voire volont* voudr* vraiment web y à ça également étaient étais était étant
étiez été évit* êtes
""",
)
