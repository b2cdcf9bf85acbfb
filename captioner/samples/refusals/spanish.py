"""Words of refusals in Spanish."""

from __future__ import annotations

from captioner.samples.refusals.lexicon import Lexicon

SPANISH = Lexicon(
    selves="""
abstengo agradezco analizo ayudaré carezco comentaré comprendo conmigo conozco consigo creo daré
debemos debo decido decidí declino describiré describo diré dispongo doy encargo encuentro entiendo
escribo espero estamos estaré estoy evito fui genero guardo hablo hago haré he ia identifico intento
interpreto lamento limito logro mantengo me mi mis mí mía mío necesito niego nos nosotros nuestra
nuestras nuestro nuestros ofrezco opino opto permito podemos podré podría prefería prefiero propongo
pude puedo quiero quisiera rechazo recibo recibí recomiendo reconozco redactaré redacto respondo
seré sería siento somos soy sugeriría sugiero sé temo tenemos tengo trabajo veo voy yo
""",
    addressees="""
acuda acude adjunta adjunte adjúnt* asegúrate asegúrese avísame avíseme carga cargue comparta
comparte comprueba compruebe considera consulta consulte contigo cuentas cuéntame describe descríb*
desea deseas dime dígame envía envíame envíe escribe favor gustaría gustas hablamos hazme háblame
házmelo indica intenta intente intént* manda mandar mandaste mándala mándame mándela mándelo
necesita necesitas pedirme perdone pida pide pides podría podrías prefiere prefieres pregúnt*
proporciona proporcione prueba pruebe puede pueden puedes quiere quieres reenvía reenvíe revisa
revise si suba sube sí súbe* ti tiene tienes tus tú usted ustedes verifica verifique vuelva vuelve
""",
    apologies="""
apena ay desafortunadamente desgracia desgraciadamente disculp* discúlp* lamentablemente lamentamos
lamento lastima lástima mal pena perdona perdone perdonen perdón perdóname siento sorry temo uy vaya
""",
    negations="""
borrad* caducad* carece carezco corrupta corrupto dañada dañado demasiado eliminad* error expirad*
extraviad* fallado fallo falló falta faltan ilegible impide impiden imposibilidad imposibilitad*
imposible inaccesible incapacidad incapaz insuficiente inválida inválido jamás nada nadie ni ninguna
ninguno ningún no nunca perdid* retirad* sin tampoco vacía vacío
""",
    abilities="""
admite admitid* alcance aptitud autoriza* capacidad* capacitad* capaz compatible compete
competencia* condiciones consegu* consigo consigue cómod* debe deben debería deberían debo derecho
diseñad* dispuest* entrenad* estoy facultad* forma funciones función habilitad* imposible incapaz
logro logré manera medida medios modo permis* permit* podemos poder podido podré podría posibilidad
posibilidades posible preparad* programad* pude pudimos pudo pued* quer* quiero quis* sea ser será
serán siento sin sirve sirvo soporta soportad* soy tengo toca tocar va van voy
""",
    services="""
abre abren abrir abrirlo acced* acceso adivin* analiz* análisis asist* atend* atiend* ayud* buscar
calific* cargar citar clasific* colabor* coment* compart* complet* contar contarte contest* contin*
copiar creación crear cumpl* dar daré debat* deci* descarg* descri* diagnos* discut* divulg* doy
ejecut* elabor* emit* escrib* especul* estim* evalu* facilit* gener* habl* hacer hacerlo hag* haré
identific* inferir informacion información interpret* juzg* leyenda* mencion* mirar nada narr*
naveg* nombr* ofrec* opin* orient* particip* pie proceder proces* propon* proporcion* public*
realiz* reconoc* reconozc* redact* reproduc* resolver respond* respuesta* retrat* revel* satisf*
segui* tarea* titul* traduc* tramit* transcrib* transmit* tratar trato ubicar valorar ver verla
verlo visualiz*
""",
    perceptions="""
alcanz* apreci* asegurar cierto confirm* conozco creo decir determin* dice digo diría distingo
distingu* encuentr* leer leo noto observ* percib* pienso precisar saber sabría segura seguro sé ve
vemos ven veo ver verific* ves vislumbr* visto
""",
    pictures="""
adjunta* adjunto* archivo* consulta* contenido* conversación cosa cosas descripci* diálogo*
documento* encargo enlace* entrada escena* fichero* foto fotograf* fotos imagen* imágen* leyenda
material* mensaje* pedido petici* pregunta* página* radiograf* situaci* solicitud* tarea* tema temas
texto* tipo* video* visual* vídeo*
""",
    wholes="algo nada quien quién quiénes qué",
    details="""
alguien cara caras famos* figura* gente identidad* individuo* letra letras nadie nombre* palabra
palabras persona* rostro* texto*
""",
    refusals="""
abst* anulad* bloque* callar cancelad* declin* denega* descart* desestim* filtrad* inaceptable
inadecuad* inapropiad* incorrect* indebid* insegur* marcad* negarme negativa niego omit* paso
prohib* rechaz* rehus* rehús* renunci* restring* retenid* silencio suspend* textual vetad*
""",
    rules="""
abus* acos* adult* ajen* autor cautela condiciones confidenc* consentimiento copyright cumpl* daño*
delicad* derechos desinform* desnud* difam* dignidad directri* discrimin* emocion* erótic*
estereotip* explicit* explícit* extremis* fraude* género ilegal* ilícit* instrucciones intelectual
intimidad ley leyes limitaciones menor menores moral* motivo motivos norm* obscen* odio ofens*
orientación pauta* perturb* polític* pornogr* principios privacidad privad* programación propiedad
propósito protección prudencia racial* raza razones razón regl* regulac* relig* respeto responsab*
restricci* segur* sensible* sesgo* sexual* terroris* términos uso vigilancia violen* vulnerable*
ética* ético* étnic*
""",
    breaches="""
allá atenta contra contrari* contraven* excede fuera impid* incumpl* infring* permite permiten
prohib* prohíb* quebrant* queda quedan romp* sobrepasa supera viol* vulner*
""",
    causes="así causa cual cuales dado debido motivo motivos para porque pues que razones razón ya",
    arrivals="""
abiert* abre abrir acced* acces* adjunt* admit* aquí borrad* cargad* cargar compart* completad*
corrupt* dañad* decodific* dispon* disposición eliminad* encontr* envi* existe existen expirad*
figura filtro filtros funciona ilegible inaccesible inclu* legible legibles lleg* mostr* perdid*
present* proces* proporcionad* recib* retirad* soport* subid* visible*
""",
    offers="""
ayudarle ayudarte comprensión disposición encantad* gracias gusto gustos* lugar placer supuesto
""",
    depictions="contempla mostr* muestr* representa retrat*",
    fillers="""
400 403 404 413 415 422 500 503 a abogad* absolutamente absoluto acerca actualmente acuerdo adecuad*
adelante además ahora ahí al alguna algunas alguno algunos algún allí ambos ante anterior* antes
aparec* apenas apropiad* aquel aquella aquellas aquello aquellos arriba artificial asunt* así
atención atrás aun aunque automátic* aviso ayer aún bajo basad* bastante bien borros* bot breve buen
buena bueno cada calidad callo cambio camino casi caso casos cerca cierta ciertas ciertos clara
claro como con concret* conexión consejos conten* contien* conveniente correct* correg* corresponde
corrij* cual cuales cualesquiera cualificad* cualquier cualquiera cuando cuanta cuanto culpa cuya
cuyo cuál cuáles cuánt* cómo dada dado datos de debido decid* del demás dentro desafortunad* desde
después detall* determinad* detrás dicho dieron diferente* directamente doctor* donde duda dudas
durante dónde e el ella ellas ello ellos embargo en encantaría encima enseguida entonces entre era
es esa esas ese eso esos especialista* específic* esta estaba estabais estaban estabas estad estada
estadas estado estados estais estan estando estar estaremos estará estarán estarás estaréis estaría
estaríais estaríamos estarían estarías estas este estemos esto estos estrictamente estuve estuviera
estuvierais estuvieran estuvieras estuvieron estuviese estuvieseis estuviesen estuvieses estuvimos
estuviste estuvisteis estuviéramos estuviésemos estuvo está estábamos estáis están estás esté estéis
estén estés evit* examin* excepto exclusivamente exist* experto expertos feliz fin final formato
formatos fue fuerais fueran fueras fueron fuese fueseis fuesen fueses fuimos fuiste fuisteis grande
ha haber habia habida habidas habido habidos habiendo habremos habrá habrán habrás habré habréis
habría habríais habríamos habrían habrías habéis había habíais habíamos habían habías hace haceis
hacemos hacen haces hacia haciendo han hasta hay haya hayan hecho hola hoy hube hubiera hubierais
hubieran hubieras hubieron hubiese hubieseis hubiesen hubieses hubimos hubiste hubisteis hubiéramos
hubiésemos hubo idea igual incorrect* inform* inteligencia internet ir jpeg junto la lado largo las
le lejos lenguaje les libre lleva lo los luego límite límites mano mas mayor mediante medic* medio
mejor menos mientras misma mismas mismo mismos modelo momento momentos mucha* mucho* muy más médic*
necesari* necesit* nota nueva nuevas nuevo nuevos nítid* o obstante obtener oficial oh ok os oscur*
otra otras otro otros p para parcial parec* parte pdf peor pero pesar piden png poca pocas poco
pocos por porque posibles posterior* potencialmente prefer* primer* principal* problema*
profesional* pronto propi* proyecto próxim* public* pudiera pues purament* puro públic* que quedó
quienes quier* quizá* r radiólog* raras razonable* real reales realmente redacción relacionad*
relativ* requier* resolución resonancia respect* resultado* revis* sale salen salvo se sean segun
segunda segundo según sera seremos servicio servidor serás seréis seríais seríamos serían serías
sido siempre sigue siguiente simplemente sino sistema sobre sola solamente solo son su sus sólo tal
tamaño tambien también tan tanto tarde te tendr* tened teneis tener tenga tengamos tengan tengas
tengáis tenida tenidas tenido tenidos teniendo tenéis tenía teníais teníamos tenían tenías tiempo
tienen toda todas todavia todavía todo todos total* tras través tu tuve tuviera tuvierais tuvieran
tuvieras tuvieron tuviese tuvieseis tuviesen tuvieses tuvimos tuviste tuvisteis tuviéramos
tuviésemos tuvo u un una unas unos ups usa usais usamos usan usar usas vale valor varias varios
veces verdad* vez virtual volver vuestra vuestro web y ya él últim* únicamente
""",
)
