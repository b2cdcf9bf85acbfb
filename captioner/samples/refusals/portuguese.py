"""Words of refusals in Portuguese."""

from __future__ import annotations

from captioner.samples.refusals.lexicon import Lexicon

PORTUGUESE = Lexicon(
    selves="""
abstenho adoraria agradeço ajudarei analisei analiso assistente comentarei comigo compreendo conheço
consiga consigo darei decidi declino descreverei descrevo desejo devemos devo direi disponho dou
encontro entendo escrevo espero estamos estarei estou eu evito examinei falo farei faço ficarei fico
fiquei fui gero guardo ia identificarei identifico informamos interpreto lamento lido limito
mantenho manterei me mim nego nós ofereceria ofereço olhei opino pensei podemos poderei poderia
posso possuo preferia preferiria prefiro procuro produzo pude quero recebi recebo receio recomendo
reconheço recuso resolvo respondo sei serei seria serviço sinto sistema somos sou sugiro temos tenho
tento trabalharei tratarei trato vejo vi vou
""",
    owns="meu meus minha minhas nossa nossas nosso nossos",
    addressees="""
anexa anexe avise busque carregue certifique cole compartilhe considere consulte contacte contar
contate conte contigo deixe descreva descreve deseja desejar diga dê envia envie escolha escreva
esperava experimente fale favor fornecer forneça gostaria gostasse indique lembre mandar mande note
observe partilhar partilhe pede pedem perdoe pergunta pergunte pode podem poderia poderá podes
precisa precisar precise preocupa preocupada preocupado pretende pretendia procure queira queiram
quer quiser quiseres reenviar reenvie refere refira reformula reformule repare selecione sinta tenta
tentar tente tentou teu ti tiver tua veja verifique você vocês volte
""",
    apologies="""
desculp* ih infelizmente lamentamos lamentavelmente lamento mal opa pena perdoe perdão peço poxa
puxa receio sinto sorry
""",
    negations="""
apagad* corrompid* danificad* demais demasiado desativad* desconfortável desconhecid* desligad*
eliminad* erro expirad* extraviad* falh* falha falhou falta faltam ilegível impede impedem
impossibilidade impossibilit* impossibilitad* impossível inacessível inativ* incapacidade incapaz
indisponív* inexistent* insuficient* inválid* jamais nada nem nenhum nenhuma ninguém nunca não
perder perdeu perdid* quebrado removid* retirad* sem tampouco vazi* vazia vazio zero
""",
    abilities="""
adequad* alcance apropriad* apt* autoriza* cabe capacidade* capacitad* capaz compatível compete
competência* condiç* confortável conseg* consentid* consigo correto deve devem deveria deveriam devo
direito dispost* dá dão estou forma função funções habilitad* impossível incapaz maneira meios modo
permiss* permit* pode podem podemos poder poderei poderia possibilidade* posso possível preparad*
programad* projetad* pud* pôde quer* quis* seja sem ser serve será serão sinto sirvo suporta
suportad* suporte tenho toca treinad* vai vontade vou vão
""",
    consents="""
autoriz* cabe compete confortável desconfortável direito dispost* instruíd* permissão permite
permitid* preferia preferiria preferível prefiro pretendo programad* qualificad* tenciono treinad*
vontade
""",
    services="""
abord* abre abri abrir aced* acess* aclarar aconselh* adivinh* agir ajud* ajudá* analis* análise*
assist* atend* auxili* avali* averigu* baixar busc* carregar citar classific* colabor* colar coment*
compar* compartilh* complet* completar conclu* conclui* concluir contar continu* copi* criar crio
cumpr* dar darei decifr* deduz* descrev* descrevê* descri* desmentir detalh* detectar determin*
detetar diagnos* discut* divulg* diz* dou elabor* emit* esclarec* escolh* escrev* especul* estim*
etiquet* execut* explic* facul* falar farei fazer fazê faço formul* fornec* gera gerada geradas
gerar hipótes* identific* inferir informaç* interpret* intervir invent* inventar julg* julgar
legenda* lidar localiz* mencion* narr* naveg* nome* nomea* nomear oferec* olhar olhá* opin* orient*
ouvir particip* partilh* perceb* prest* proceder process* produz* produzir pronunci* public* pôr
realiz* recomend* reconhec* reconheciment* reconheç* redig* reescrev* repet* reproduz* resolv*
resolver respond* respost* resum* retrat* revel* satisfaz* satisfeit* segui* suger* supor suposiç*
tarefa* titul* trabalh* trabalhar traduz* transcrev* transmit* tratar ver visualiz*
""",
    perceptions="""
acho afirmar certeza certo confirm* conhec* creio determin* digo diria distingu* diz dizer encontr*
enxerg* leio ler noto observ* penso percebo precisar saber saberia sei veem vejo vemos vendo ver
verific* visto vê
""",
    pictures="""
anexo* arquivo* assunto assunto* captura* cena* coisa* comando consulta* conteudo* conteúdo*
conversa* descriç* diálogo* documento* entrada exame* excerto* extrato* ficheiro* formato* foto
fotograf* fotos ilustração imagem imagens instruç* isso isto legenda* ligação link* materiais
material mensagem mensagens passagem pedido* pergunta* prompt publicação página* radiograf*
radiografia* recorte* situaç* solicitaç* tarefa* tema* texto* tipo* trecho* url* visua* vídeo*
""",
    wholes="algo nada quem quê",
    details="""
alguém cara caras face famos* figura* gente identidade indivíduo* letras ninguém nome* pessoa* quem
rosto* texto*
""",
    refusals="""
abst* abstenho abster afast* afastad* anulad* atadas atam barrad* bloque* calada calado calar
callad* cancelad* cancelar censurad* declin* deixar deixemos descart* desmentir desrespeitos*
devendo dispenso distância errado evit* evitar evito exclu* filtrad* fugir imprudente impróp*
inaceitável inadequad* inapropriad* incorret* indevid* indiscret* insegur* interromp* interrompeu
invasiv* irresponsável longe margem mudo negad* negar negativa nego omit* parou proib* recus* recuso
rejeit* renunci* restrit* retid* silêncio sinalizad* suspend* textual vetad*
""",
    rules="""
abus* adult* anonimato aparência asséd* automutil* autor* autorais autoridade* biométric* cautela
censura comunidade condições conduta confidencial* configurações conform* consentimento copyright
crenç* critéri* dados dano* decoro degrad* delicad* denegr* desinform* difam* dignidade direitos
diretri* discrimin* emoç* erótic* estereótip* explícit* extremis* faciais facial fraude* género
gênero humilh* idade identificação ilega* ilícit* inofensiv* instruções integridade intelectual
intimidade lei leis licenç* limitaç* menor menores moderador* moderação moral* motivo* norma* nu
nudez nus obscen* ofens* orienta* origem perturb* pessoais polític* pornogr* preconceit* princípios
privacidade privad* programação propriedade propósito protegid* proteção prudência pudor racial*
razão razões raça rebaix* reconhecimento regra* regulament* relig* respeitar respeito responsab*
restriç* saúde seguran* sensív* sexua* sexualiz* suicíd* termos terroris* traço* uso valores
vigilân* violent* violên* vulneráve* étic* étnic* íntegr* ódio
""",
    breaches="""
além atenta conflito contra contradiz contrari* contraria contrariar descumpr* desrespeit* excede
extrapola fere ferem fora imped* incompatív* infring* limite limites permite permitem proib* proíb*
quebr* supera transgr* ultrapass* ultrapassa viol*
""",
    causes="""
assim causa cuja cujo dado devido já motivo motivos onde para pois porque portanto quando que razão
razões se uma visto
""",
    arrivals="""
abert* abre abrir aced* acess* acessív* anex* apagad* aqui carreg* carregad* carregou cheg* chegad*
chegou compartilh* completad* contenha corrompid* danificad* dispon* eliminad* encontr* envi* existe
existem expirad* ficou filtro filtros fornecid* funcion* ilegível inacessível inclu* inserid* legív*
mandad* mostr* passou perdeu perdid* present* process* receb* recebi recebid* removid* retirad*
subiu superou suport* upload visív*
""",
    offers="alternativa* bem compreensão contente disposição gosto hesite obrigad* prazer vindo",
    depictions="exceto exib* mostra* represent* retrat* salvo",
    fillers="""
400 403 404 413 415 422 500 503 a abertament* absolut* aceit* acerca acertad* acompanh* acord*
adequ* adequad* adianta administr* admit* admite advogad* afet* afirm* agora agrad* ainda ajust*
algmas algoritm* algum* alguns alternativ* ambos ambígu* analog* anonim* anterior* antes ao aos
aparec* apenas apoio aprend* aprofund* apropriad* aproxim* após aquel* aquilo argument* arranj*
artificial as assegur* assent* assim assistênc* associad* assunto atend* atendiment* atenção atitude
ativad* através atribu* atrás atuais atual* atualmente até aument* ausênc* automatic* automátic*
autênt* avis* aviso aí base basead* bastante bem benefíc* boa bom bons borrad* bot brev* breve bug
byte bytes cada caminho captcha* característic* carec* caso casos categor* caus* cedo certament*
certamente certez* chance chat chats cima circunstânc* ciênc* clar* clarament* clarez* claro
coerent* coincid* com comando* combin* como complet* completamente complex* comport* compreend*
comprov* comum comunic* conced* conceit* concern* concret* condiz* conduz* conexão confi* confiança
configurações confort* confund* confus* conheciment* consci* consegu* conselh* conselho conselhos
conseqû* conseqü* consider* consist* consiste constru* constância conta contact* contato* contenha
conter context* contid* controlo contrár* contudo contém convenc* convenient* conveniente convers*
convid* correct* correg* correio correspond* correspondência corret* corrig* criad* crise* cuidado*
cuja cujas cujo cujos culp* culpa curios* curiosidade código* da dada dado dados daquela daquelas
daquele daqueles daquilo dará das de debat* decert* decid* decis* declar* dedic* defin* deixa deixam
dela delas dele deles delicad* demor* dentro depend* depois deram desagrad* desconfort* desconhec*
desde desej* desenvolv* desfocad* design* desnecess* dessa dessas desse desses desta destas deste
destes destin* desvi* detalh* detet* deu deverá devid* devidament* devido dialog* diant* dicas
difer* dificil dificil* dificuldad* difícil digital* dign* diret* diretamente discern* discret*
discriç* disposit* dispôs disseram disso distint* disto divers* do document* doente domín* dos
doutor* durante dê dúvid* dúvida* e efet* eficaz* ela elas ele eles em embaraç* embora emerg* empat*
empres* encaminh* encarreg* encontrar enfim engan* enquanto entanto entend* entidad* entra entrada
entraria entre entreg* entretant* então envolv* envolve envolvid* equival* era eram erros escap*
escapam esclareciment* escop* escrita escur* esforç* espec* especial* especialista* especific*
específic* esper* espontân* essa essas esse essencial* esses esta estado estar estará estas estava
estavam este esteja estejam estejamos estes esteve estim* estive estivemos estiver estivera
estiveram estiverem estivermos estivesse estivessem estiveste estivestes estivéramos estivéssemos
estrit* está estás estávamos estão etc event* evident* evit* examin* exat* exceç* exclus*
exclusivamente exempl* exemplo exig* exigiria existênc* experi* express* extern* facilment* falar
falas falha fals* falta fará fato favorit* faz fazeis fazem fazemos fazes fazia feliz ferrament* fez
ficar fiel fim final* fing* fique fiável foi fomos for foram forem formas formato* formos formul*
fosse fossem foste fostes fotografad* franc* funcional* fundament* função futur* fácil garant*
gentil* genér* gestão global* google grande gratuit* guia ha habilidade* habilitad* haja hajam
hajamos havemos havia hei hmm hoje honest* hora horas houve houvemos houver houvera houveram
houverei houverem houveremos houveria houveriam houvermos houverá houverão houveríamos houvesse
houvessem houvéramos houvéssemos hum humanos há hábit* hão ideal* ideia* ident* ignor* imagin*
imediat* impact* implic* import* impos* impress* imprud* impróp* inadvertid* incert* inclu* incomod*
incomplet* inconvenient* incorret* incômod* indic* individual* inesper* infer* influ* inform*
inicial* inofens* inquiet* insist* inspir* instant* institu* insuf* integr* inteligência inten*
intenç* interaç* interess* interfac* intern* internet interpret* intrus* invad* invent* iníc* inútil
ir isso ista iste isto jamais judicial* jurídic* justif* já la lado lament* legal* leitur* lhe lhes
ligação ligue limit* limite* linguagem linguíst* literal* livrement* liç* lo logo lugar lá língu*
maior* mais maneir* manter manual* mas mediante meio melhor memór* mencion* menos mensag* mental
mente merec* mesma mesmas mesmo mesmos metadad* minha minuto minuto* minutos modal* modelo moder*
momentane* momento motiv* muito muitos multimod* multimíd* mundo máquina máxim* máximo médic* métod*
mês mínim* na naquel* nas naturalm* naturez* necess* necessidade* necessári* negativ* nela nele
nessa nessas nesse nesses nesta nestas neste nestes neutr* no normal* nos noss* nota noutr* nova
novamente novas nove novo novos num numa numas nítid* nível* o objet* objetivo obra obrig* obstant*
obtid* obv* ocas* ocorr* ocup* oferta* oficial* oh ok olhada olá onde online opera* opin* oportun*
oposto ops opç* oração organiz* os ou outra outras outro outros p paciênc* padr* palavra palavras
para parcer* parec* parte participant* particular* partir parágraf* parâmetr* passando pedid* pela
pelas pelo pelos pensament* pensar pensei pequen* perante percept* perfeit* perig* permanec* persp*
pertenc* pertin* perto períod* pesquis* pessoais pessoal* pixel* pixelad* plataform* plen* poder*
podia pois polít* ponto por porque porquê portanto porém posit* posiç* possa possam possivel*
possív* potenc* potencialmente pouca pouco poucos pra precauç* precis* prefer* preferênc* preferível
preocup* prepar* presum* pretend* prevent* previst* primeir* princíp* prior* privacid* proble*
problema* procediment* procur* profission* profund* progr* programador* projecto projeto promess*
promov* promova pronto propost* propri* proteg* proveni* prudent* prátic* própri* próxim* psicológ*
psicól* public* publicament* pudess* puramente pôde públic* quais qual qualidade qualificad*
qualquer quando quant* quantidad* quanto quarta quarto quatro que queix* quer* quest* questão
quiser* r radiologista* razoáve* reag* reais real realid* realiz* realmente recai* recarreg* receb*
recent* reclam* recomeç* reconsid* recordar recurs* recus* rede redes refer* referênc* reflet*
reform* regist* relacion* relacionad* relat* relação relev* remet* renov* repar* repe* repres*
reputaç* requer* requisit* reserv* resolução resolv* respect* respeit* respeitos* respeitosamente
responsável ressalv* restant* result* resultado* resum* retir* retorn* retratad* reun* revis* risco*
robôs sabe sabem saib* satisf* saída se secret* sector* segred* segunda segundo sejam sejamos
semelh* sempre sendo senhor senhora sens* sensaç* sensív* sentid* sentir separad* sequênc* seremos
seriam serv* servem servidor servir serviç* serviço seríamos sess* seu seus seç* si sido signific*
sigo silenc* similar* simplesmente simul* sincer* sinceram* sistem* sistema site sites sob sobre
softwar* solucion* soluç* somente soubesse sua suas substanc* substitu* sucess* sufici* sugest*
suponh* suport* surpr* sustent* são só tal talvez tamanho tambem também tanta tantas tanto tarde te
tecnolog* tem tempo temporári* tend* tendes tenha tenham tenhamos ter terceira terceiro terei
teremos teria teriam termin* terá terão teríamos teus teve tinha tinham tive tivemos tivera tiveram
tiverem tivermos tivesse tivessem tiveste tivestes tivéramos tivéssemos toda todas todavia todo
todos total* transcriç* transmiss* transpar* transtorno tratar trein* tremid* triagem tuas tudo tum
tão técnic* títul* um uma umas unicamente unid* uns urg* usa usad* usar usual* usuári* utiliz* vais
valios* valor vantag* veraz* verdad* versão versões verídic* vez vezes via vigent* vindo violent*
virtual virtud* visualiz* visão voltar vos vossa vossas vosso vossos válid* vários vêm web à às é
ótim* últim* úteis útil
""",
)
