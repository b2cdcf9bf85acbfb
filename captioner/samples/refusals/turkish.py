"""Words of refusals in Turkish."""

from __future__ import annotations

from captioner.samples.refusals.lexicon import Lexicon

TURKISH = Lexicon(
    selves="""
anlıyorum açıklayamam açıklayamıyorum bana ben beni benim betimleyemem betimleyemiyorum bize bizim
cevaplayamam edemem edemiyorum getiremem göremem göremiyorum hazırlayabilirim isterim işleyemiyorum
kurallarım mecburum modeli modeliyim olamam olamıyorum olurum reddediyorum reddetmek sunamam
söyleyemem söyleyemiyorum tanımlayamam tanımlayamıyorum tanıyamam tanıyamıyorum veremem veremiyorum
yanıtlayamam yapabilirim yapamam yapamıyorum yorumlayamam üzgünüm
""",
    addressees="""
anlatın danışın deneyin ederseniz eğer gönderin isterseniz lütfen misiniz musunuz mısınız paylaşın
sana sen senin siz size sizin varsa yazarsanız yükler yükleyin
""",
    apologies="affedersiniz bakmayın dilerim kusura maalesef ne sorry yazık özür üzgünüm",
    negations="""
açıklayamam açıklayamıyorum açılmadı açılmıyor betimleyemem betimleyemiyorum bulunamadı cevaplayamam
değil edemem edemiyorum edilemedi edilemez edilemiyor eklenmedi eklenmemiş gelmedi getiremem giremem
göremem göremiyorum hata hiçbir işlenemedi işlenemiyor işleyemiyorum olamam olamıyorum oluşturamam
sağlayamam sağlayamıyorum sunamam söyleyemem söyleyemiyorum tanımlayamam tanımlayamıyorum tanıyamam
tanıyamıyorum ulaşmadı veremem veremiyorum vermiyor vermiyorlar yanıtlayamam yapamam yapamıyorum yok
yorumlayamam yüklenmedi yüklenmemiş üretemem
""",
    abilities="""
açıklayamam açıklayamıyorum betimleyemem betimleyemiyorum cevaplayamam edemem edemiyorum edilemez
edilemiyor getiremem göremem göremiyorum izin işlenemiyor işleyemiyorum mümkün olamam olamıyorum
oluşturamam sağlayamam sağlayamıyorum sunamam söyleyemem söyleyemiyorum tanımlayamam
tanımlayamıyorum tanıyamam tanıyamıyorum veremem veremiyorum yanıtlayamam yapamam yapamıyorum
yeteneğim yetkim yorumlayamam üretemem
""",
    consents="istemiyorum izin izinli rahat tercih yetkim",
    services="""
analiz* açıkla* betimle* bilgi* cevap* ed* göre* hazırla* işle* kim* oluştur* paylaş* söyle* tanı*
ver* yanıt* yap* yardım* yorum* üret*
""",
    perceptions="bil* eminim gör* oku* sanırım",
    pictures="""
dosya* fotoğraf* görsel* görüntü* istek* isteğ* içerik* içeriğ* konu* mesaj* resim* resm* soru*
taleb* talep* tür*
""",
    wholes="hiçbir ne şey",
    details="insan* kim kimliğ* kişi* metin metne yüz*",
    refusals="engellen* redd* uygunsuz* yasak*",
    rules="""
cinsel gizlilik* güvenlik hassas ilke* koşul* kural* nedeniyle politika* reşit* yasa* çocuk* çıplak*
şiddet
""",
    breaches="aykırı engelle* ihlal izin",
    causes="dolayı için nedeniyle sebebiyle çünkü",
    arrivals="al* açıl* bulun* eklen* eriş* gel* gönder* ulaş* yüklen*",
    offers="elbette memnuniyetle tabii teşekkür*",
    depictions="gösteren gösteri*",
    fillers="""
ama an ancak anda asistan* başka bir bu buna bunu bunun da daha dayanarak de dil doğrudan en gibi
görünüş* herhangi ile için kadar memnun o olan olarak olduğu olduğunu sadece tekrar ve veya ya
yalnızca yeniden yerine zeka zekâ çok çünkü şekilde şimdi şu
""",
)
