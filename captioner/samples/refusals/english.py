"""Words of refusals in English."""

from __future__ import annotations

from captioner.samples.refusals.lexicon import Lexicon

ENGLISH = Lexicon(
    selves="ai assistant chatbot i me myself ourselves service system us we",
    owns="mine my our ours",
    addressees="""
ask consult contact dear folks friend if kindly mind please reader resend shall tell try user users
whoever why ya yall you your yours yourself
""",
    apologies="""
afraid alas apolog* disappoint* excuse forgive pardon regret* sadly shame sorry unfortunate* woe
""",
    negations="""
avoid* barely behind blind broken cannot cant corrupt* damaged deactivated deleted deny difficult
difficulties difficulty disabled disappeared discarded dont dropped empty error exceed* expired fail
failed fails failure gone happening hardly hesitant impossible inaccessible inadequate incapable
ineligible insufficient invalid lack lacking lacks limits lost misses missing neither never no
nobody non none nope nor not nothing nowhere rarely refrain* reluctant removed revoked scarcely
stripped struggling too trouble unable unaccept* unanswer* unavailable uncaption* uncomfortable
undescri* undescribed uneasy unfit unlawful unprocess* unqualified unreadable unsuccess* unsuited
unsupport* unwilling vanished withdrawn without wont
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
    consents="""
allow* authori* business comfortable designed eligible entitled hesitant inclined instructed intend
intention keen let lets liberty licensed meant permission* permit* permitted position prefer
preferable prepared programmed qualified rather reluctant supposed trained uncomfortable uneasy
unwilling willing
""",
    services="""
access* accommodat* act address* advise advising aid analy* answer* assess* assist* assum* attempt*
brows* caption* carry categor* classif* comment* compare comparing complet* compli* comply* compos*
confirm confirm* continu* convert* copied copy copying craft* creat* creating deal decipher* decode
deliver* deny depict* describ* descript* detail* determine determined determining diagnos* diagnose
disclos* discuss* display divulg* doing done download* draft* elaborat* engag* estimat* evaluat*
examin* execut* expos* fabricat* fetch* fulfil* fulfill* generat* give giving go guess* handl* hear
help* identif* identify* imagin* infer* inspect* interpret* invent* judg* label* load loading look*
making name names naming narrat* oblige offer* opin* outline* paint* paraphras* parse* parsing
perform* phras* pinpoint* play portray* proceed* process* produc* produce provid* publish* put quot*
rank rate rating recogn* recogni* recommend* recount* releas* remark* render* rephras* reply
reproduc* resolv* respon* respond* retriev* return* reveal* review* rewrite rewriting satisf* scrape
search* share sharing solve solves solving speak* speculat* store sum summar* summari* supply
supplying tag* talk* touch* transcrib* transcript* translat* verify view viewed viewing visit* weigh
work working writ*
""",
    perceptions="""
believe* certain clear* confirm* count decid* detect determin* discern* distinguish* find glimpse
hear know knowing known knows looked looks make making notice* observ* perceiv* read reading reads
recall recogni* resembles said saw say saying says see seeing seen sees spot spotted sure tell tells
think thinks verified verify visible watch watched
""",
    pictures="""
assignment attach* content* conversation* document* example* excerpt exercise file files image*
input* instruction* job jpeg kind link links lyrics material* media message* part photo* picture*
png portion post posts prompt* queries query question* request* scan scans screenshot section
situation* snapshot sort specimen subject task tasks topic* type upload upload* url video* visual*
""",
    wholes="anything everything nothing something what whatever who whom whose",
    details="""
anybody anyone celebrit* face faces facial figure figures he her hers him his human* identit*
individual* man name names nobody number numbers people* person* sentence* she somebody someone text
their them they who whoever whom whose woman
""",
    refusals="""
abort* abstain* abstention avoid avoids away banned barred block blocked canceled cancelled
classified declin* denied denies deny denying disallow* disrespectful distance dodge exclude*
excluded filtered flagged forbidden forgo halted hush impermissible improper inadvisable
inappropriate intervened intrusive invasive irresponsible mum nogo objectionable opt opting
overruled pass prohibited refus* reject* reluctant restricted sealed sidestep silent skip skipping
stay stop stopped taboo textonly tied ties unacceptable unanswered unavailable uncomfortable
undescribed undisclosed unethical unfair unfulfilled unhelpful unsafe unsuitable unwise unwritten
veto* vetoed withh* withheld wrong
""",
    rules="""
abuse abusive adult age attractive* beliefs bias biased biometric* boundar* captcha* caution
cautious cheat* classified compliance compliant concern* conduct confidential* consent copyright*
copyrighted cutoff decept* deepfake* defam* degrading demean* design dignity discriminat*
distressing disturb* dox* duty emotion* erotic ethic* ethics ethnic* explicit exploit* extremis*
facial fraud* gdpr gender gore graphic guideline* harass* harm harmful harms hate hateful hatred
health identification identifying illegal instructed instruction* insult* integrity intellectual
intimate law lawful laws legal liabil* libel limitation* minor minor* minors misinform* moderated
moderation moderator* moral morally morals nationality nsfw nud* obligat* obscene offensive
orientation password* permission* personal polic* politic* pornograph* principle* privacy private
programming propaganda property protect* protected purpose race racial reason reasons recognition
regulat* religio* respect responsib* restriction* risk* rule rules safeguard* safeguarding safety
security sensitive settings sexual* sexualis* sexualiz* stalk* standards stereotyp* suggestive
suicide surveill* terms terroris* trademark* unlawful unsafe values violen* vulnerab* welfare
wellbeing
""",
    breaches="""
against beyond breach* break breaking breaks broke compromis* conflict* contradict* contrary
contraven* cross crosses forbid* infring* off outside overstep* prevent* prohibit* restrict* violat*
""",
    causes="""
as because due for given if inasmuch out owing reason reasons since so that therefore when where
whether which who
""",
    arrivals="""
access* arrive* attach* attached available broken came come corrupt* damaged dead decod* deleted
deliver* detect* disappeared discarded displayed dropped empty exist existed existing exists expired
filter filtered filters follow followed forgotten found gone got here inaccessible includ* included
intact invalid land landed legible load loaded loading loads lost missing opened opening opens
parsed present process* provid* reach* reached readable receiv* removed rendered retriev* send sent
shared submit* supplied support* through timed transmitted truncated unavailable unreadable
unsupported upload* uploaded vanished visible work working
""",
    offers="""
alternative* appreciat* assist* gladly happily hope instead offer* otherwise pleasure prefer
propose* rather recommend* suggest* thank* understand* welcome wish
""",
    depictions="""
apart besides captures depicts display displaying displays except features featuring portrays show
showing shows
""",
    fillers="""
400 403 404 413 415 422 500 503 a able about above absolutely accordance according* account account*
accurate accurately across activat* activated actual actually additional additionally addressed
adjust* advice after again ago ah all almost alone along already also alt although altogether always
am among an and another answerable antonym any anyhow anymore anyway apart apparently appear*
appears apps are around arrived artificial as aside asked asking asks assistant* assurance at
attempted attempting attendees attorney authorities authority automat* avoid* aware away back bad
bar barrier bars based bear bears became because become becomes becoming befor* began begin begins
behalf being belong belongs besides best better between blank blurred blurry bot both bother bots
bound brainstorm* brief briefly bring brings brought business but by byte call called care cared
caring case cases cause causes certainly certificate* charge chat chatbot chats check choose chose
chosen circumstanc* civil clarification clarify clinician* clue clues code comes comfort coming
comment community computer concluded conclusion conditions confess conflicts confus* connection
conscience consequent* consider* consist consists construct* contain* context contribute
conventional convers* correct correctly correspond* correspondence costs counsel* course cover
covered covers craft created cross crossing curiosity curious currently d dark data deal decided
decision deeply default definit* definitely delighted demand depend* deserve* desired despite
determine developed developer* devoted dialogue* difference different differently difficult* digit
dignity directly disabled discreet discretion discuss* do doctor documents doubt* doubtful draw
dubious due during duties each earlier early ease easily easy edit editing effect efforts either
else elsewhere email* emergenc* empathy employ* enable enabled encod* encount* encourag* encrypted
end engage engine enjoy enough entertain entire entirely entity environment equally equivalent
especially essential essentially etc even event ever every everybody everyone evidence exact exactly
except exception exceptions excited exclusively exercis* existence expect* expectations experience*
expert expertise experts expire explain* explanation exposing exposure extent extra extract* fact
facts failing fair fairly fairness faith false familiar far feeling feelings few final finally firm
firmly first fix folk follow* follows fond for foremost forever forgot formal format formats formed
former forward free freely from frustrat* full function fundamental* further future gave general
generally generating genuine genuine* gets getting given gives glitch goal goals goes good goodness
google grainy grammar grant granted grateful greetings ground grounds guarantee guess* guesswork
guidance guide guided habit had happen happened happens hard harmless harmlessness has hashtag
hashtags hearing hello helpful helpfulness helpline* hence herself hesitat* hey hi hidden high
himself hint hm hmm honest honestly honesty honor honour hopefully hotline hotline* hour hours how
however idea ideas ignore illegible imagination immediate* immediately important impression in
inability inasmuch include includes incomplete inconvenien* incorrect incorrectly indeed indicat*
individual* information inner innocent inquir* inside insist inspired instance instant integral
intelligence intend* intended intent intent* intention intentions interest interested interfac*
internet interpretation into intrude invasion invite involve* is isolat* issue issues it item items
its itself jpg judgement judgment just keep keeps kept kindness kinds knowledge knowledgeable label
lack language large larger last late lately later lawyer layer leading league learn learned least
leave leaves leaving left length less let lets level licence lie like limit* line linked listen*
literally live living ll login longer looks lot low lyrics m machine made mainly maintenance many
matter matters maybe mean meanwhile medical mental mention* mere merely mess messages met method
methods mind minds minute minutes misidentif* mislead* misread mistake* misunderst* misuse mode
model models modes moment mood more moreover most mostly much named namely near nearly necessar*
need needed needing negative network neutral nevertheless new next nicely nonetheless normal*
normally note noted notic* notified now number* oath obliged obtain* obvious* occasion odd of offer
offline often oh ok okay on once one ones online only onto oops open openai openly operat* opinion*
opposite option* or order ordinary organi* original originally other others ought out outcome output
outright outside over overall overlook* own owner* painful pair pairs paperwork paragraph*
parameter* pardon participants particular particularly partly parts past patholog* pathology
patience patient pdf per perhaps permanently personally perspective phone* phras* physical
physician* physique pixelated place places plain plainly platform* pleasant plus point pointed
pointless policy polish* position* possess* possibly post potential potential* practice* pre
precaution* precise* prefer* preferabl* preference* presently presum* pretend* pretty previous*
primar* prior priorit* private* probabl* problem* procedure* product productive profession
professional* program* promise proof proofread* proper properly provide* public publicly publish*
purely q qualif* quality question quick* quickly quite radiolog* range ray rays re reach reached
react reading real realise* reality realize* reall* reasonable reasonably receipt recent* refer
referenced referred referring refers refresh refuse regard regard* regret relat* related relevant
reliable reliably rely remain* remember remit repeat* replac* reply report reputation require*
research resolution resource* respectful* respectfully respective* rest result* resume retain return
reveal right* role room rough route rules s safe safely same saying scope screening second secret
seek seem* select* self send sense senses sensible sentence serious seriously serve server serves
service services session* setting settings several severe share shared sharp sharper short shown
side sighted significan* silence silently silly similar* simple simply since sincere* site sites
situated size skill skills small so social software solicitor some somehow sometimes somewhat
somewhere song soon sort sorts speaks special specif* specified specify spelling stance standard
start start* state stated states stating status stays steer step stepping steps stick still stop
straightforward stranger strangers strict strict* strong* struggl* stuck stuff style subsequent
substance subtle successful successfully such suggest* suitable suited suits supplied suppos*
supposed sure surely suspect swear switched sympath* system t take taken takes taking talent task
techn* technical telling template temporar* temporarily tends tentativ* term terribl* test than
thank* that the themselves then therap* there thereby therefore these thing things third this
thoroughly those though thought thoughts thread throughout thus tie till time timeout timeouts tiny
tip tips to today together tok* told tone tonight tool tool* toolkit topic total totally toward
towards traits transmission transmitted transparency transparent treat treated treatment trial tried
tries true truly trust trustworthy truth try trying twice typical typically ugh uh unable unaware
uncertain unclear uncomfort* under underst* understanding understood undertak* uneasy unexpected
unfair unfamiliar unforeseen uninform* unique unknown unless unlike unlikely unlock* unspecified
unsure until untrue up update updates upfront upon url* usable use used useful user* uses using
usual* valid validat* valuable value various ve version version* very via view viewpoint vision
visual* visually volunteer* want wanted wanting wants wary was ways web webp website well went were
whatsoever when whenever where wherever whether which whichever while whoever whole widely willing
willingly wish* wishes with within witness wonder* wonderful wondering word word* wording words
works world worry worth wow write* writing written wrongly x yeah years yes yesterday yet yikes zero
""",
)
