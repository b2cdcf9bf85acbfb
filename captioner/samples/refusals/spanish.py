"""Words of refusals in Spanish."""

from __future__ import annotations

from captioner.samples.refusals.lexicon import Lexicon

SPANISH = Lexicon(
    selves="""
abstengo agradezco analizo asistente asisto ayudaré carecemos carezco comentaré comprendo conmigo
conozco consigo creado creo creí cruzo daré debemos debo decidido decido decidí declino describiré
describo diré dispongo dispuesto doy encargo encuentro entiendo escribo espero estamos estaré estoy
evito fui genero guardo hablo hago haré he ia identifico intentaré intento interpreto lamento limito
logro mantendré mantenerme mantengo me miré mí mía mío necesito niego nos nosotros ofrezco opino
opto pensé permito podemos podré podría pongo poseo preferiría prefería prefiero produzco propongo
pude puedo puse quedarme quedaré quedo quiero quisiera rechazo recibo recibí recomiendo reconozco
redactaré redacto resolveré respondo revisé servicio seré sería siento sistema somos soy sugeriría
sugiero sé temo tenemos tengo trabajaré trabajo veo voy yo
""",
    owns="mi mis nuestra nuestras nuestro nuestros",
    addressees="""
acuda acude adjunta adjunte adjúnt* asegúrate asegúrese avísame avíseme busca buscas busque carga
cargue comparta comparte comprueba compruebe comunícate considera consulta consulte contacta
contacte contigo cuentas cuente cuéntame dale dame deja deje dejémoslo deme describe descríb* desea
desearas deseas dime dígame elige elija encuentras envía envíame envíe escribe escríbeme favor
gustaría gustas gustase habla hablamos hable hazme háblame házmelo indica intenta intentarlo
intentaste intente intént* manda mandar mandas mandaste mandes mándala mándame mándela mándelo
necesita necesitas necesites ofrece pedirme pega pegue perdone pida pide pides podría podrías podéis
prefieras prefiere prefieres preguntarme pregúnt* preocupa preocupas probar proporciona proporcione
prueba pruebe puede pueden puedes pídele pídeme queráis quiere quieres recuerda recuerde reenvía
reenvíe refiere refieres requieres revisa revise selecciona seleccione si suba subas sube subir
sugiera sugiere sí súbe* ten tendrá tendrás tenga ti tienes tus tú usted ustedes verifica verifique
vuelva vuelve
""",
    apologies="""
apena ay desafortunadamente desgracia desgraciadamente disculp* discúlp* lamentablemente lamentamos
lamento lastima lástima mal pena perdona perdone perdonen perdón perdóname sentimos siento sorry
temo uy vaya
""",
    negations="""
borrad* caducad* carece carezco cero corrupt* corrupta corrupto dañad* dañada dañado demasiado
desactivad* desconocid* deshabilitad* desmentir eliminad* error expirad* extraviad* fall* fallado
fallo falló falta faltan ilegibl* ilegible impide impiden imposibilidad imposibilit* imposibilitad*
imposible inaccesible incapacidad incapaz incómoda incómodo inexistente inhabilitad* insuficiente
interrumpid* inválida inválido jamás nada nadie negó ni ninguna ninguno ningún no nunca perderse
perdi* perdid* retirad* roto sin tampoco vací* vacía vacío
""",
    abilities="""
admite admitid* alcance aptitud autoriza* capacidad* capacitad* capaz compatible compete
competencia* condiciones consegu* consigo consigue cómod* debe deben debería deberían debo derecho
diseñad* dispuest* entrenad* estoy facultad* forma funciones función habilitad* imposible incapaz
logro logré manera medida medios modo permis* permit* podemos poder podido podré podría posibilidad
posibilidades posible preparad* programad* pude pudimos pudo pued* quer* quiero quis* sea ser será
serán siento sin sirve sirvo soporta soportad* soy tengo toca tocar va van voy
""",
    consents="""
autoriz* capacitad* corresponde cualificad* cómoda cómodo derecho deseo diseñad* dispuesta dispuesto
entrenad* facultad* inclino incómoda incómodo permite permiten permitida permitido preferible
preferiría prefiero programad* quisiera toca
""",
    services="""
abord* abre abren abrir abrirlo acced* acceso aclar* aclarar aconsej* actuar adivin* analiz*
análisis aport* asist* atend* atiend* averigu* ayud* brind* buscar calific* carg* cargar cargarla*
citar clasific* colabor* coment* comentarios compar* compart* complet* conclu* contar contarte
contest* contin* continu* copiar creación crear cumpl* dar daré debat* deci* deduc* deducir descarg*
descifr* descr* descri* desmentir detall* determin* diagnos* discut* divulg* doy ejecut* elabor*
elegir emit* entrar escoger escrib* especul* estim* etiquet* evalu* facilit* facultad gener* habl*
hacer hacerlo hag* haré identific* inferir informacion información interpret* interpretarl*
interven* intervenir inventar* inventármelo juzg* leyenda* lidiar mencion* mirar mirarl* miraré nada
narr* naveg* nombr* nombrar nombrarl* ofrec* opin* orient* oír particip* pie poner ponga pongo
posibil* proceder proces* produc* produzco pronunci* propon* proporcion* public* realiz* recomend*
reconoc* reconocimiento reconozc* recopil* redact* reescrib* repet* repetir reproduc* resolv*
resolver respaldar respond* respuesta* resuelv* resum* retrat* reve* revel* rotular satisf* segui*
seguir sirven sugerir tarea* titul* titular trabaj* traduc* tramit* tramitar transcrib* transmit*
tratar trato ubicar utiliz* valorar ver verla verlo visualiz*
""",
    perceptions="""
alcanz* apreci* asegurar cierto confirm* conozco creo decir determin* dice digo diría distingo
distingu* encuentr* leer leo noto observ* percib* pienso precisar saber sabría segura seguro sé ve
vemos ven veo ver verific* ves vislumbr* visto
""",
    pictures="""
adjunt* adjunta* adjunto* archivo* captura* consulta* contenid* contenido* conversación cosa cosas
descripci* diálogo* documento* elemento* ello encargo enlace* entrada escaneo* escena* extracto*
fichero* formato* foto fotograf* fotos fragmento* ilustración imagen* imágen* indicaciones
indicación instantánea* letras leyenda material* mensaje* pasaje* pedido petici* pregunta* prompt
publicación página* radiograf* radiografía* recorte* situaci* solicitud* tarea* tema temas texto*
tipo* url* video* visual* vídeo*
""",
    wholes="algo nada quien quién quiénes qué",
    details="""
alguien cara caras famos* figura* gente identidad* individuo* letra letras nadie nombre* persona*
quién quiénes rostro* texto*
""",
    refusals="""
abst* alejad* anulad* apart* atadas atan bloque* callad* callar cancelad* cancelar censurad* declin*
dejémoslo denega* descart* desestim* desmentir detenid* detuvo distancia evit* evitar evito exclu*
excluid* filtrad* frenó imprudente inaceptable inadecuad* inapropiad* incorrect* indebid* indiscret*
insegur* interrumpi* intrusiv* irrespetuos* irresponsable* lejos mantenerme marcad* margen muda mudo
negar negarme negarse negativa negó niega niego omit* paró prohib* quedarme raya rechaz* rehus*
rehús* renunci* renuncio restring* retenid* sellad* silencio suspend* textual vetad* vetado
""",
    rules="""
abus* acos* adult* ajen* apariencia atractivo autoles* autor autoridad* bienestar biométric* cautela
censura comunidad condiciones conducta confidenc* configuración consentimiento copyright creencia*
criteri* cumpl* daño* deber* decoro degrad* delicad* denigr* derechos desinform* desnud* difam*
dignidad directri* discrimin* emocion* erótic* estereotip* explicit* explícit* extremis* facial
faciales fraude* género humill* identificación identificar ilegal* ilícit* inofensiv* instrucciones
integridad intelectual intimidad intégr* ley leyes licencia* limitaciones menor menores moderación
moderador* moral* motivo motivos norm* obscen* odio ofens* orientación origen pauta* perturb*
polític* pornogr* principios privacidad privad* privado programación propiedad propósito protección
protegid* prudencia pudor racial* rasgo* raza razones razón reconocimiento regl* regulac* relig*
respetar respeto responsab* restricci* segur* sensible* sesgo* sexual* sexualic* sexualiz* suicid*
terroris* términos uso valores vigilancia violen* vulnerable* ética* ético* étnic*
""",
    breaches="""
allá atent* atenta conflicto contra contradice contradir* contrari* contraven* contraviene cruzo
excede fuera impid* incompatib* incumpl* infring* límites permite permiten prohib* prohíb* quebrant*
queda quedan rebas* romp* sale salen salirse sobrepasa supera traspas* viol* vulner* vulnera
""",
    causes="""
así causa cual cuales cuando cuya cuyo dado debido donde motivo motivos para porque pues que razones
razón si ya
""",
    arrivals="""
abiert* abre abrir abrirla abrirlo acced* acces* accesib* adjunt* admit* aquí borrad* carg* cargad*
cargar cargaron cargó compart* completad* corrupt* dañad* decodific* dispon* disposición eliminad*
encontr* envi* existe existen expirad* figura filtro filtros funciona ilegible inaccesible inclu*
incorpor* insert* legible legibles lleg* llegad* llegado llegó mandad* mostr* pasó pegar perdi*
perdid* present* proces* proporcionad* quedó recib* recibido recibió retirad* soport* subid* subir
subiste subió superó visib* visible*
""",
    offers="""
ayudarle ayudarte comprensión disposición encantad* gracias gusto gustos* lugar placer supuesto
""",
    depictions="contempla excepto mostr* muestr* representa retrat* salvo",
    fillers="""
400 403 404 413 415 422 500 503 a abiertamente abogad* absolut* absolutamente absoluto abstracto
acceder acept* aceptable acerc* acerca acertad* acompañ* acord* activad* actu* actual* actualmente
actúo acuerdo adecuad* adelante adem* además admit* admite afect* afirm* agot* agrad* agrav* ahond*
ahora ahí ajust* al alcance alegr* algoritm* alguna algunas alguno algunos algún allí almacen*
alternativ* amable* ambigu* ambos ampliar anonim* ante anterior* anterioridad antes anunci* análog*
aparec* apenas aplic* apoyo aprend* apropi* apropiad* aprovech* aproxim* aquel aquella aquellas
aquello aquellos argument* arregl* arriba artificial asegur* asesor* asistent* aspecto* asum* asunt*
así atención atribu* atrás aun aunque automátic* autoriz* aviso ayer ayuda aún bajo basad* base*
bastante bastar* bien bienven* biling* borros* bot bots brev* breve brind* buen buena bueno byte*
cada calidad callo cambio camino capaz* captcha* características carec* casi caso casos casual*
categor* caus* centr* cerca cert* certez* charla* chat chats cierre cierta ciertas ciertos
circunstanci* civil clara claridad claro clave* coherent* coincid* colectiv* como compañer* compañía
complej* completamente* completo comport* comprend* comprens* comprob* comun* comunic* con conced*
concept* concierne conclusión concret* conexión confi* confianza configuración conform* confund*
confusión conocimiento* conoz* consej* consejer* consejos consider* consist* consta constancia
contact* conten* contest* context* contien* continuación contrari* convenc* conveniente convers*
convert* correct* correg* correo correspond* corresponde correspondencia corri* corrij* cosas cread*
creen creer crisis cual cuales cualesquiera cualificad* cualquier cualquier* cualquiera cuando
cuanta cuanto cuenta cuestion* cuid* culpa cumplimiento curios* curiosidad cuya cuyo cuál cuáles
cuánt* códig* código cómo dada dado dan dará datos de debat* debido debió decid* decisi* declar*
dedic* defect* defin* deja dejado dejar del demand* demor* demuestr* demás dentro depend*
desafortunad* desarroll* desconect* desconoc* desde dese* deseo despej* después destin* detall*
detect* determinad* determinar detrás devolv* dicho dieron diferente diferente* dificil* dificultad*
difícil* diga digital* digna dirección direct* directamente discrec* discret* disculp* diseñ*
disfrut* disponibilid* distint* distra* divers* diálog* doble* doctor* documentación donde dud* duda
dudas durante durar dónde e efect* eficaz ejempl* el elect* eleg* ella ellas ello ellos emb* embargo
emerg* emoc* empat* empez* emple* empresa* en encant* encantaría encima encontrar* enferm* enfoqu*
engañ* enoj* enseguida entend* enter* entonces entorno* entrada entradas entraría entre entreg*
entrenad* entrenamient* entrenar equival* equivoc* era error* es esa esas escapa escapan escas*
escrito escrito* ese esencial* eso esos especial* especialista* específic* esper* espontán* esta
estaba estabais estaban estabas estad estada estadas estado estados estais estan estando estar
estaremos estará estarán estarás estaréis estaría estaríais estaríamos estarían estarías estas este
estemos estim* esto estos estrict* estrictamente estuve estuviera estuvierais estuvieran estuvieras
estuvieron estuviese estuvieseis estuviesen estuvieses estuvimos estuviste estuvisteis estuviéramos
estuviésemos estuvo está estábamos estáis están estás esté estéis estén estés etc evalu* event*
evento* evidenc* evident* evit* exact* examin* excepción* exclus* exclusivamente exig* exigiría
exist* existenc* experi* experto expertos explic* explor* express* extend* extern* factor* falla*
fals* falta* favorit* feliz fiable* fiar* fidel* fin final final* firme* formato formatos formul*
fragment* franc* frase fue fuerais fueran fueras fueron fuese fueseis fuesen fueses fuimos fuiste
fuisteis funcionalidad* función futur* garant* genéric* google gran grande gratuit* gustos* guía* ha
haber habia habida habidas habido habidos habiendo habilidad* habilitad* habremos habrá habrán
habrás habré habréis habría habríais habríamos habrían habrías habéis había habíais habíamos habían
habías hace haceis hacemos hacen haces hacia haciendo han haría hasta hay haya hayan hecho
herramienta* hipótesis histori* hm hmm hola honest* hora horas hoy hube hubiera hubierais hubieran
hubieras hubieron hubiese hubieseis hubiesen hubieses hubimos hubiste hubisteis hubiéramos
hubiésemos hubo hum humanos hábito* idea ident* ignor* igual ilegal* impact* implic* import* impos*
imposib* impres* imprud* incap* incluso incomod* incomplet* inconvenien* incorrect* indic*
individual* indud* inesperad* inform* inicial* inicio inmediat* innecesar* inquiet* insist*
institución* insuf* integr* inteligencia inten* intenc* interes* interfaz intern* internet interpon*
interé* intru* invad* invit* involucr* inútil* ir jpeg junto justific* la lado lament* largo las le
lectur* legal* legales legítim* lejos leng* lenguaje lenguaje* les libre librement* lingü* literal*
lleva lo logr* lograr los luego límite límites línea líneas maner* mano manten* mantener manual* mas
mayor mayor* mediante medic* medid* medio mejor mencion* menos mensaj* mental mente merec* metadato*
mientras minuto minutos mism* misma mismas mismo mismos modalidad* modelo modelo* moderad* molest*
molestia* moment* momento momento* momentos much* mucha* mucho* multimedia multimod* mundo muy
máquina más máxim* médic* método* mínim* naturalez* necesari* necesid* necesit* negar* negativ*
neutr* ningun* nivel* nombr* normal* nota notific* nueva nuevas nuevo nuevos nítid* número* o
objetivo oblig* obligad* observ* obstante obtener obtener* obv* ocasi* ocup* ocurr* oferta* oficial
oficial* oh ok onlin* operat* opinion* oportun* optim* oración* organism* organiz* orientad* origen*
os oscur* otra otras otro otros p pacienc* palabra palabra* palabras para parcial parec* parezca
parte participant* particular* partir parámetro* pasando pdf ped* pegar* pensado peor pequeña
pequeño permanec* permanecer permis* pero person* persona* personal* perspectiv* pertinent* pesar
piden pixel* pixelad* planteas plataforma* plen* png poca pocas poco pocos pongo por porque posib*
posibles posici* posit* posterior* potenc* potencialmente precauc* precis* predec* prefer* preocup*
preparac* presente prevent* previ* primer* princip* principal* principio* prior* privaci* probab*
problema* proced* produc* produzc* profesional* profund* program* prohib* promes* promoc* promov*
prompt* promuev* pronto pronto* propi* propici* proporc* proposit* prot* proteg* prov* proveedor*
provien* proyecto prudent* práctic* próxim* psic* public* publicac* pudiendo pudiera pues punto
purament* puro párrafo* pésam* píxel* públic* que quedar quedar* quedó quej* quer* quienes quier*
quisier* quizá* r radi* radiólog* rango* raras razon* razonable* reacc* real reales realid* realis*
realmente rebas* recaer* recarg* recomend* recurr* recurso* redacción redes refer* refier* reflej*
reflex* regener* registr* regl* reintent* relac* relacionad* relativ* relev* repar* reparos repas*
repet* representa* reproch* requer* requier* requis* reserv* resid* resist* resolución resonancia
respald* respect* respet* respetuos* resto resultado* resumen retir* rev* revis* riesg* rog* rol
rápid* saber sabiendas sale salen salida salud salvedad* se sean sección segun segunda segundo según
sensac* sentid* sentir* sentirse sepa sera seremos serv* servici* servicio servidor servir* serás
seréis sería seríais seríamos serían serías sesión sido siempre significa* sigue siguient* siguiente
silenc* simil* simp* simplemente sincer* sincerid* sino siquiera sirve sirven sistema situac* sobra*
sobre softwar* sola solamente solicit* solo soluc* son soporte su suger* sugerenc* suic* sujeto* sup
supera supiera supon* supondría sus sustit* sólo tal talent* tamaño tambien también tampoco tan
tant* tanto tarde te tecnolog* tema* temporal* tend* tendr* tened teneis tener teng* tenga tengamos
tengan tengas tengáis tenida tenidas tenido tenidos teniendo tenéis tenía teníais teníamos tenían
tenías terap* tercer* terceros termin* tiempo tiene tienen tipo* toda todas todavia todavía todo
todos tono* total* trabaj* transcrip* transm* transmisión transpar* tras trasf* través tu tuve
tuviera tuvierais tuvieran tuvieras tuvieron tuviese tuvieseis tuviesen tuvieses tuvimos tuviste
tuvisteis tuviéramos tuviésemos tuvo técnic* u ubic* un una unas unidad* unos ups urgenc* usa usais
usamos usan usar usas usuari* usuario* util* utilid* vale valios* valor valor* variac* varias varios
veces ventaj* veracid* verdad* verific* verificac* vers* versiones versión vez vida vigent* vincul*
violent* virtual virtud* visión visión* voluntad* volver voz vuestra vuestro vía web y ya él época
últim* únicamente útil útiles
""",
)
