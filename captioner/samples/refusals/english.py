"""Words of refusals in English."""

from __future__ import annotations

from captioner.samples.refusals.lexicon import Lexicon

ENGLISH = Lexicon(
    selves="ai i me mine my myself our ours ourselves us we",
    addressees="""
ask consult contact dear folks friend if kindly mind please reader shall tell try user users whoever
why ya yall you your yours yourself
""",
    apologies="""
afraid alas apolog* disappoint* excuse forgive pardon regret* sadly shame sorry unfortunate* woe
""",
    negations="""
avoid* barely blind broken cannot cant corrupt* damaged deleted difficult difficulties difficulty
disappeared discarded dont dropped empty error expired fail failed fails failure gone hardly
impossible inaccessible incapable ineligible invalid lack lacking lacks limits lost missing neither
never no non none nope nor not nothing nowhere rarely refrain* refuse* removed revoked scarcely
stripped struggling too trouble unable unanswer* unavailable uncaption* undescri* unfit unprocess*
unreadable unsuccess* unsuited unsupport* unwilling vanished withdrawn without wont
""",
    abilities="""
abilities ability able allow* appropriate authori* be been blind built can cannot cant capabilit*
capable capacit* choice cleared comfortable configured could designed did difficult does eligible
empowered entitled equipped feature features feel fit free function* get going have having
impossible inappropriate incapable intended lack lacking lacks licensed likely manage managed
manages may means meant might must need needs obliged option options permission* permit* position
possible power powers programmed qualified ready required right set shall should succeed* suited
support* supposed train* unable unfit unsuited unsupported unwilling way will willing without wont
would wrong
""",
    services="""
access* accommodat* act address* aid analy* answer* assess* assist* assum* attempt* brows* caption*
carry categor* classif* comment* complet* compli* comply* compos* confirm* continu* convert* copied
copy copying craft* creat* deal decipher* decode deliver* depict* describ* descript* detail*
diagnos* disclos* discuss* display divulg* doing done download* draft* elaborat* engag* estimat*
evaluat* examin* execut* expos* fetch* fulfil* generat* give giving go guess* handl* help* identif*
infer* inspect* interpret* judg* label* load loading look* name names naming narrat* oblige offer*
opin* outline* paint* paraphras* parse* parsing perform* phras* pinpoint* play portray* proceed*
process* produc* provid* publish* put quot* rank rate rating recogni* recount* releas* remark*
render* rephras* reproduc* resolv* respon* retriev* return* reveal* review* satisf* scrape search*
share sharing solve solving speak* speculat* store sum summar* supply supplying tag* talk* touch*
transcrib* transcript* translat* view viewed viewing visit* weigh work working writ*
""",
    perceptions="""
believe* certain clear* confirm* count decid* detect determin* discern* distinguish* find glimpse
hear know knowing known knows make making notice* observ* perceiv* read reading reads recall
recogni* said saw say saying says see seeing seen sees spot spotted sure tell tells think thinks
verified verify visible watch watched
""",
    pictures="""
assignment attach* content* conversation* document* example* exercise file files image* input*
instruction* job jpeg kind link links material* media message* part photo* picture* png portion
prompt* queries query question* request* scan scans section situation* sort specimen subject task
tasks topic* type upload* url video* visual*
""",
    wholes="anything everything nothing something what whatever who whom whose",
    details="""
anybody anyone celebrit* face faces facial figure figures he her hers him his human* identit*
individual* man name names number numbers people* person* sentence* she somebody someone text their
them they woman word words
""",
    refusals="""
abort* abstain* abstention banned block blocked canceled cancelled classified declin* denied denies
deny denying disallow* dodge filtered flagged forbidden forgo hush impermissible improper
inappropriate nogo objectionable opt opting pass prohibited quiet refus* reject* restricted silent
skip skipping stay stop taboo textonly unacceptable unanswered unavailable undisclosed unethical
unhelpful unsafe unsuitable unwise veto* withh* wrong
""",
    rules="""
abuse abusive adult age attractive* beliefs bias biased boundar* captcha* caution cautious cheat*
compliance compliant concern* confidential* consent copyright* cutoff decept* deepfake* defam*
degrading demean* design discriminat* distressing disturb* dox* duty emotion* erotic ethic* ethnic*
explicit exploit* extremis* fraud* gdpr gender gore graphic guideline* harass* harm harmful harms
hateful health identifying illegal instructed instruction* insult* intellectual intimate law lawful
laws legal liabil* libel limitation* minor minors misinform* moderated moderation moral morally
morals nationality nsfw nud* obligat* obscene offensive orientation password* permission* personal
polic* politic* pornograph* principle* privacy private programming propaganda property protect*
purpose race racial reason reasons regulat* religio* respect responsib* restriction* risk* rule
rules safeguard* safety security sensitive sexual* stalk* standards stereotyp* suggestive surveill*
terms terroris* trademark* unlawful unsafe violen* vulnerab*
""",
    breaches="""
against beyond breach* break breaking breaks broke compromis* conflict* contrary contraven* forbid*
infring* off outside overstep* prevent* prohibit* restrict* violat*
""",
    causes="""
as because due for given inasmuch out owing reason reasons since so that therefore which who
""",
    arrivals="""
access* arrive* attach* available broken came come corrupt* damaged dead decod* deleted deliver*
detect* disappeared discarded displayed dropped empty exist existed existing exists expired filter
filtered filters follow followed forgotten found gone got here inaccessible includ* intact invalid
land landed legible load loaded loading loads lost missing opened opening opens parsed present
process* provid* reach* readable receiv* removed rendered retriev* send sent shared submit* supplied
support* through timed truncated unavailable unreadable unsupported upload* vanished work working
""",
    offers="""
alternative* appreciat* assist* gladly happily hope instead offer* otherwise pleasure prefer
propose* rather recommend* suggest* thank* understand* welcome wish
""",
    depictions="""
captures depicts display displaying displays features featuring portrays show showing shows
""",
    fillers="""
400 403 404 413 415 422 500 503 a about above absolutely accordance according* account* across
activat* actual actually additional additionally advice after again ago ah all almost along already
also alt although altogether always am among an and another any anyhow anymore anyway apart
apparently appear* are around artificial as aside asked asking asks assistant* at attorney automat*
avoid* aware away back bar bars based bear bears became because become becomes becoming befor* began
begin begins being besides best between blank blurred blurry bot both bound brainstorm* brief
briefly bring brings brought business but by call called case cases cause causes certainly chatbot
choose chose clarification clarify clinician* code comes coming computer connection consequent*
consider* contain* correctly correspond* counsel* course cover covered covers cross crossing curious
currently d dark data decision deeply definitely despite dialogue* difference different differently
dignity directly disabled do doctor doubt* draw due during each earlier easily easy edit editing
effect either else elsewhere email* enable enabled encod* encrypted end enough entirely especially
even ever every everybody everyone exact exactly except expect* expert expertise experts expire fact
facts fair fairly fairness far few final finally first follow* for forever forgot format formats
former forward from full further future gave general generally genuine* gets getting given gives
glitch goes good grammar greetings guidance guide guided had happen happened happens hard has
hashtag hashtags hello hence herself hey hi high himself hm hmm honest honestly honor honour
hopefully hotline how however idea ideas immediate* important in inasmuch indeed indicat*
information inside instance intelligence intend* intent* interest interested internet into involve*
is issue issues it its itself jpg just keep keeps kept knowledge language large larger last late
lately later lawyer league least leave leaves leaving left less let lets lie like limit* line living
ll login longer lot low m machine made mainly maintenance many matter matters maybe mean meanwhile
medical mention* merely model models moment mood more moreover most mostly much namely near nearly
necessar* needed needing network nevertheless new next nonetheless normal* note noted now number*
oath obtain* obvious* occasion of offline often oh ok okay on once one ones online only onto oops
open openai opposite or ordinary original originally other others ought out over overall own pair
pairs paragraph* particular partly parts past patholog* pdf per perhaps phone* physical physician*
place places plain plainly plus point polish* possibly potential* precise* prefer* presently presum*
previous* primar* probabl* problem* professional* program* promise proofread* proper properly public
purely q quality quick* quite radiolog* range ray rays re real reall* reasonable reasonably recent*
refresh regard* relat* remain* remember remit reply require* resolution respective* rest result*
role room route s same scope second secret seem* self sense sensible seriously server service
services setting several sharp sharper short shown sighted significan* similar* simple simply since
sincere* size skill skills so solicitor some somehow sometimes somewhat somewhere soon sorts special
specif* spelling stance start status stays steer step steps stick still stranger strangers strict*
strong* stuff style subtle successfully such suggest* suppos* surely system t take taken takes
taking talent technical template temporar* tends term test than that the themselves then therap*
there thereby therefore these thing things this those though thought thoughts throughout thus till
time timeout tip tips to today together told tone tonight tool toolkit toward towards trial tries
truly trust trustworthy truth trying ugh uh unaware unclear under understood unfair unfamiliar
unless unlike unlikely until up upfront upon use used useful uses using usual* value various ve
version very via vision want wanted wanting wants was ways web webp website well went were
whatsoever when whenever where wherever whether which whichever while whole widely wishes with
within wonder* wording works world worry worth wow x yeah yet yikes zero
""",
)
