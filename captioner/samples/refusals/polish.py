"""Words of refusals in Polish."""

from __future__ import annotations

from captioner.samples.refusals.lexicon import Lexicon

POLISH = Lexicon(
    selves="""
ai będę chcę dziękuję identyfikuję ja jestem komentuję mam mi mnie mną mogę moich moim moja moje
mojej możemy muszę my mój nam nas nasz nasza nasze odmawiam opisuję opiszę otrzymałam otrzymałem
potrafię rozpoznaję rozumiem umiem widzę wolę zrobię
""",
    owns="moich moja moje mój nasza nasze naszej",
    addressees="""
ci ciebie czy dołącz jeśli jeżeli mogłabyś możesz mógłby mógłbyś opisać opisz pan pani państwa
państwo podaj powiedz proszę przesłać prześlij skonsultuj spróbuj tobie twoja twoje twojej twój ty
wyślij zapytaj załącz
""",
    apologies="niestety przepraszam przykro sorry wybacz* żałuję",
    negations="""
bez brak brakuje błąd nic nie niemożliw* nigdy uszkodzon* żaden żadna żadne żadnego żadnej żadnych
""",
    abilities="""
bez będę chcę jestem mam mogę może możemy możliw* można muszę obsługuj* potrafię stanie umiem
upoważnion* uprawnion* wolno wyszkolon* zaprojektowan* zdoln* zostanie zostać zostało
""",
    consents="gotowy komfortowo uprawniony wolno wolę",
    services="""
analiz* cytow* dostarcz* generow* identyfik* informac* interpret* komentarz* komentow* kontynuow*
kopiow* mówi* napis* nazw* nazywa* obejrz* objaśni* ocen* odpowi* oferow* ogląd* omawia* opis*
otwier* otworz* poda* podpis* pokaz* pomagam pomagać pomoc pomocy pomogę pomóc przetw* przetłum*
rozmawia* rozpozna* spekul* spełni* stworz* szuka* służ* tworz* udost* udziel* ujawni* wspar*
wygener* wyjaśni* wykon* wypowia* zajmować zajmuję zgad* zidentyfik* zrealizow* zrobi*
""",
    perceptions="""
myślę odczyt* pewien pewna potwierdz* powiedzieć rozróżn* ustali* widać widzieć widzę wiedzieć wiem
wydaje
""",
    pictures="""
dokument* fotografi* grafik* link* materia* obraz* plik* prośb* pytani* rodzaj* scen* stron* treś*
wiadomoś* zapytani* załącznik* zdjęci* żądani*
""",
    wholes="co cokolwiek coś kim kogo kto nic niczego",
    details="człowiek ktoś ludzi ludzie nazw* nikogo nikt osob* osób słow* tekst* tożsamoś* twarz*",
    refusals="""
anulow* milcz* nieodpowiedni* niestosown* odmaw* odmow* odmów* odrzuc* oznaczon* pomij* powstrzym*
rezygnuj* usunięt* wykluczon* zablokow* zabron*
""",
    rules="""
autorsk* bezpieczeńst* ety* instrukcj* małoletni* nago nagości nagość nieletni* ochron* ogranicze*
polityk* poufn* powod* praw prawa prawem prawo prywatnoś* przemoc* reguł* seksual* warunk* wrażliw*
wytyczn* zasad* zgod*
""",
    breaches="narusz* poza pozwala pozwalają przeciw* sprzeczn* uniemożliw* wykracza zabrani*",
    causes="bo gdyż która które który ponieważ więc względu",
    arrivals="""
dodano dostęp* dotar* dołączon* obsług* otrzyma* otwier* otworz* przesłan* przetworz* uszkodzon*
wczyta* wysłan* załączon* znalezion*
""",
    offers="chętnie dziękuję oczywiście pomogę zamiast",
    depictions="pokaz* przedstawiając* ukazuj*",
    fillers="""
a aby ach albo ale ani asystent* bardziej bardzo bezpośrednio bo bowiem być był była było były
będzie będą cała całe chociaż chyba ciemn* czego czemu czyj czyli często dalej dla dlaczego dlatego
do dobrze dokładn* dotycz* dość dwa format* gdy gdyby gdyż gdzie go i ich im inaczej inna inne
innego innej inny innych inteligencj* iż jak jaki jakichkolwiek jakie jakiegokolwiek jakiejś jakiś
jako jakoś* jasne jednak jednym jedynie jego jej jest jeszcze język* każdy kiedy kilka kimś
konkretn* która które który których którym lecz lekarsk* lekarz* lepiej lub mało medyczn* mimo
między mniej model modelem moment mu musi na nad nadal nich niech niej niewyraźn* nigdzie nim niż no
o obecn* obok od odpowiedni* ona one oni ono oraz osobow* po pod podczas podstawie pomimo ponad
ponieważ ponownie potem powinien powinna powinno prawda prawdziw* prawnik* problem* przed przede
przedstawia przez przy publiczn* raczej radiolog* raz również sam sama same serwer* siebie się sobie
sobą specjalist* sposób swoje swój system szczególn* szczegół* sztuczn* są ta tak taka taki takich
takie tam te tego tej tekstow* temu ten teraz też to tu tutaj tych tylko tym tą tę u uwaga w wasz we
według wiele więc wobec wszyscy wszystkie wszystko wtedy wygląd wyglądu względ* właściw* z za zatem
zawiera zawierać zawsze zaś zbyt ze znowu związku że żeby
""",
)
