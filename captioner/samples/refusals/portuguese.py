"""Words of refusals in Portuguese."""

from __future__ import annotations

from captioner.samples.refusals.lexicon import Lexicon

PORTUGUESE = Lexicon(
    selves="""
abstenho agradeço ajudarei analisei analiso comentarei comigo compreendo conheço consigo darei
decidi declino descreverei descrevo devemos devo direi disponho dou encontro entendo escrevo espero
estamos estarei estou eu examinei falo farei faço ficarei fico fui gero ia identifico informamos
interpreto lamento lido limito me meu meus mim minha minhas nego nossa nossas nosso nossos nós
ofereço olhei opino podemos poderei poderia posso preferia prefiro pude quero recebi recebo receio
recomendo reconheço recuso respondo sei serei seria sinto somos sou sugiro temos tenho vejo vi vou
""",
    addressees="""
anexa anexe avise carregue certifique compartilhe considere consulte contar conte contigo descreva
descreve deseja desejar diga envia envie escreva experimente favor forneça gostaria indique mandar
mande partilhe pede pedem perdoe pergunta pergunte pode podem poderia podes precisa precisar procure
quer quiser quiseres reenvie se sinta tem tenta tente teu ti tiver tua veja verifique você vocês
volte
""",
    apologies="""
desculp* ih infelizmente lamentamos lamentavelmente lamento mal opa pena perdoe perdão peço poxa
puxa receio sinto sorry
""",
    negations="""
apagad* corrompid* danificad* demais demasiado eliminad* erro expirad* extraviad* falha falhou falta
faltam ilegível impede impedem impossibilidade impossibilitad* impossível inacessível incapacidade
incapaz indisponív* insuficient* inválid* jamais nada nem nenhum nenhuma ninguém nunca não perdid*
removid* retirad* sem tampouco vazia vazio
""",
    abilities="""
adequad* alcance apropriad* apt* autoriza* cabe capacidade* capacitad* capaz compatível compete
competência* condiç* confortável conseg* consentid* consigo correto deve devem deveria deveriam devo
direito dispost* dá dão estou forma função funções habilitad* impossível incapaz maneira meios modo
permiss* permit* pode podem podemos poder poderei poderia possibilidade* posso possível preparad*
programad* projetad* pud* pôde quer* quis* seja sem ser serve será serão sinto sirvo suporta
suportad* suporte tenho toca treinad* vai vontade vou vão
""",
    services="""
abre abri abrir aced* acess* adivinh* ajud* analis* análise* assist* atend* auxili* avali* baixar
busc* carregar citar classific* colabor* coment* compartilh* complet* contar continu* copi* criar
crio cumpr* dar darei descrev* descri* diagnos* discut* divulg* diz* dou elabor* emit* escrev*
especul* estim* execut* falar farei fazer fazê faço formul* fornec* gera gerada geradas gerar
hipótes* identific* inferir informaç* interpret* intervir julgar legenda* lidar localiz* mencion*
narr* naveg* nome* oferec* olhar opin* orient* particip* partilh* perceb* prest* proceder process*
pronunci* public* realiz* reconhec* reconheç* redig* repet* reproduz* resolver respond* respost*
retrat* revel* satisfaz* satisfeit* segui* supor suposiç* tarefa* trabalhar traduz* transcrev*
transmit* tratar ver visualiz*
""",
    perceptions="""
acho afirmar certeza certo confirm* conhec* creio determin* digo diria distingu* diz dizer encontr*
enxerg* leio ler noto observ* penso percebo precisar saber saberia sei veem vejo vemos vendo ver
verific* visto vê
""",
    pictures="""
anexo* arquivo* assunto* cena* coisa* consulta* conteudo* conteúdo* conversa* descriç* diálogo*
documento* entrada exame* ficheiro* foto fotograf* fotos imagem imagens legenda* link* materiais
material mensagem mensagens pedido* pergunta* página* radiograf* situaç* solicitaç* tarefa* tema*
texto* tipo* visua* vídeo*
""",
    wholes="algo nada quem quê",
    details="""
alguém cara caras face famos* figura* gente identidade indivíduo* letras ninguém nome* palavra
palavras pessoa* rosto* texto*
""",
    refusals="""
abst* anulad* bloque* calar cancelad* declin* descart* devendo errado filtrad* impróp* inaceitável
inadequad* inapropriad* incorret* indevid* insegur* negad* negar nego omit* passar passo proib*
recus* renunci* restrit* retid* silêncio sinalizad* suspend* textual vetad*
""",
    rules="""
abus* adult* anonimato asséd* autor* cautela condições confidencial* conform* consentimento
copyright dano* delicad* desinform* difam* dignidade direitos diretri* discrimin* emoç* erótic*
estereótip* explícit* extremis* fraude* género gênero idade ilega* ilícit* instruções intelectual
intimidade lei leis limitaç* menor menores moral* motivo* norma* nu nudez nus obscen* ofens*
orienta* perturb* polític* pornogr* preconceit* princípios privacidade privad* programação
propriedade propósito proteção prudência racial* razão razões raça regra* regulament* relig*
respeito responsab* restriç* saúde seguran* sensív* sexua* termos terroris* uso vigilân* violent*
violên* vulneráve* étic* étnic* ódio
""",
    breaches="""
além contra contrari* descumpr* desrespeit* excede fere ferem fora imped* infring* permite permitem
proib* proíb* quebr* supera ultrapassa viol*
""",
    causes="""
assim causa dado devido já motivo motivos para pois porque portanto que razão razões uma visto
""",
    arrivals="""
abert* abre abrir aced* acess* anex* apagad* aqui carreg* cheg* compartilh* completad* corrompid*
danificad* dispon* eliminad* encontr* envi* existe existem expirad* filtro filtros fornecid*
funcion* ilegível inacessível inclu* legív* mostr* perdid* present* process* receb* removid*
retirad* suport* upload visív*
""",
    offers="alternativa* compreensão contente disposição gosto hesite obrigad* prazer",
    depictions="exib* mostra* represent* retrat*",
    fillers="""
400 403 404 413 415 422 500 503 a acerca adequad* advogad* agora ainda algmas algum* alguns ambos
antes ao aos aparec* apenas apropriad* após aquel* aquilo artificial as assim atenção através atrás
atualmente até automátic* aviso aí base basead* bastante bem boa bom bons borrad* bot breve cada
caminho caso casos cedo certamente cima claro com como conexão conselho conselhos conter contudo
contém conveniente correct* correg* corret* corrig* cuja cujas cujo cujos culpa da dada dado dados
daquela daquelas daquele daqueles daquilo das de decid* dela delas dele deles dentro depois desde
desfocad* dessa dessas desse desses desta destas deste destes detalh* deverá devido diant* dicas
diretamente disso disto divers* do dos doutor* durante dúvida* e ela elas ele eles em embora
enquanto entanto entre então envolvid* era eram escur* especialista* especific* específic* essa
essas esse esses esta estado estar estará estas estava estavam este esteja estejam estejamos estes
esteve estive estivemos estiver estivera estiveram estiverem estivermos estivesse estivessem
estiveste estivestes estivéramos estivéssemos está estás estávamos estão evit* examin*
exclusivamente exemplo fará fato faz fazeis fazem fazemos fazes fazia feliz fez fim final* foi fomos
for foram forem formato* formos fosse fossem foste fostes fotografad* grande ha haja hajam hajamos
havemos havia hei hoje hora houve houvemos houver houvera houveram houverei houverem houveremos
houveria houveriam houvermos houverá houverão houveríamos houvesse houvessem houvéramos houvéssemos
há hão ideia* incorret* inform* inicial* inteligência internet ir isso ista iste isto já lado lhe
lhes ligação limite* linguagem logo lugar lá maior* mais mas mediante meio melhor menos mesma mesmas
mesmo mesmos modelo momento muito muitos máximo médic* mês na naquel* nas necessári* nela nele nessa
nessas nesse nesses nesta nestas neste nestes no nos nota nova novamente novas nove novo novos num
numa numas nítid* o obra oh ok olá onde ops os ou outra outras outro outros p para parec* parte
partir pedid* pela pelas pelo pelos perante perto poder* podia pois por porque porquê portanto porém
possa possam possivel* possív* potencialmente pouca pouco poucos pra precis* preferível primeir*
problema* profission* projecto projeto propri* própri* próxim* public* puramente públic* quais qual
qualidade qualificad* qualquer quando quanto quarta quarto quatro que quest* quiser* r radiologista*
razoáve* reais real realmente relacionad* relação resolução resultado* retratad* sabe sabem salvo
segunda segundo sejam sejamos sempre sendo senhor senhora seremos seriam servidor serviço seríamos
seu seus si sido simplesmente sistema sob sobre somente sua suas são só tal talvez tamanho tambem
também tanta tantas tanto tarde te tempo tendes tenha tenham tenhamos ter terceira terceiro terei
teremos teria teriam terá terão teríamos teus teve tinha tinham tive tivemos tivera tiveram tiverem
tivermos tivesse tivessem tiveste tivestes tivéramos tivéssemos toda todas todavia todo todos total*
tremid* tuas tudo tão um uma umas unicamente uns usa usar vais valor verdad* vez vezes via vindo
virtual vos vossa vossas vosso vossos vários vêm web à às é últim*
""",
)
