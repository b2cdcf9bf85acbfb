"""Labelled texts: what only declines, and what looks like it and is a fine caption."""

import re
import unicodedata

import pytest

from captioner.samples.refusal import only_declines
from captioner.samples.refusals import LEXICONS
from captioner.samples.refusals.lexicon import FIELDS, Lexicon
from captioner.samples.refusals.splitting import folded

REFUSALS = {
    "en": """
I'm sorry, but I can't assist with that request.
I’m sorry, I can’t help with that.
Sorry, I can't help with identifying people in images.
I cannot assist with this.
I'm unable to provide a description of this image.
I am not able to identify people in photos. Let me know if there's anything else I can help with!
As an AI language model, I cannot view images.
As an AI, I'm not able to see or analyze images directly. Could you describe it to me?
Unfortunately, I cannot process this image as it violates our content policy.
I can't comply with that.
I must decline to describe this image.
I won't be able to help with that.
I'm sorry, but I can't identify the person in this photo.
I don't feel comfortable describing this image.
I apologize, but I am unable to fulfill this request as it goes against my guidelines.
I can't describe this photo. If you have any other image, I'd be happy to help.
I do not see an image attached. Please upload it and I'll be glad to describe it.
It seems that the image didn't come through. Could you please try uploading it again?
No image was provided.
Sorry, that's not something I can help with.
Your request was rejected. This content violates our usage policies.
For privacy reasons, I can't identify individuals in this image.
I'm really sorry, but I can't engage in this conversation.
Unable to process the image.
I cannot create content that sexualizes minors.
I can't provide captions for explicit images. Let me know if you'd like help with something else.
My guidelines do not allow me to describe this kind of content.
I'm not comfortable with this request.
**I'm sorry, but I can't help with that.**
A: I'm sorry, but I can't help with that.
I’m sorry, I can’t assist with that—please try a different image.
We cannot process your request at this time.
Sorry, no can do.
The image you sent seems to violate our content policy, so I'm not able to describe it.
I understand you want a caption, but my instructions don't let me comment on pictures.
Out of respect for the privacy of those shown, I will refrain from describing this photo.
It's too dark to make anything out, sorry.
I'm just a language model; looking at photos is beyond me.
Error 400: the image could not be decoded.
Nothing was uploaded, so I can't give you a caption.
"I'm sorry, but I can't help with that."
""",
    "es": """
Lo siento, no puedo ayudar con eso.
Lo siento, pero no puedo ayudarte con esta solicitud. Si tienes otra pregunta, dime.
No puedo identificar a las personas en esta imagen.
Aviso: la descripción fue rechazada por motivos de seguridad.
He revisado la imagen y he decidido no escribir nada sobre ella.
""",
    "fr": """
Je suis désolé, mais je ne peux pas vous aider avec cette demande.
Désolé, je ne suis pas en mesure de décrire cette image.
L'analyse d'images est actuellement indisponible. Veuillez réessayer plus tard.
Je n'ai reçu aucune image. Pouvez-vous la renvoyer ?
""",
    "pt": """
Desculpe, mas não posso ajudar com isso.
Sinto muito, não posso fornecer essa descrição.
A imagem foi removida pelo filtro de conteúdo e não há descrição.
Isso ultrapassa as minhas capacidades.
""",
    "it": """
Mi dispiace, ma non posso aiutarti con questa richiesta.
Mi dispiace, non sono in grado di descrivere questa immagine.
Preferirei non rispondere.
Sarebbe inopportuno da parte mia fare ipotesi sulla persona ritratta.
""",
    "de": """
Es tut mir leid, aber ich kann dabei nicht helfen.
Tut mir leid, bei dieser Anfrage kann ich leider nicht weiterhelfen.
Ich kann diese Anfrage nicht bearbeiten.
Ich habe nicht das Recht, über dieses Bild zu sprechen.
Es wäre nicht richtig, über die abgebildete Person zu spekulieren.
""",
    "ru": """
Извините, но я не могу помочь с этим запросом.
К сожалению, я не могу описать это изображение.
Слишком темно, ничего не разобрать.
Я не получил никакого изображения. Отправьте его, пожалуйста, ещё раз.
""",
    "zh": """
很抱歉，我无法协助处理这个请求。
抱歉，我不能提供这张图片的描述。如果您有其他问题，请随时告诉我。
對不起，我無法識別圖片中的人物身份。
对不起！我无法回答这个问题。
图片已被内容过滤器移除，没有描述。
我宁可不回答。
""",
    "ja": """
申し訳ありませんが、その画像の説明はお手伝いできません。
申し訳ございませんが、このリクエストにはお応えできません。
画像は安全でない可能性があるとして検出されました。説明は生成されません。
暗すぎて何も見えません。
""",
    "ko": """
죄송하지만 이 요청은 도와드릴 수 없습니다.
죄송합니다. 이미지 속 인물을 식별할 수 없습니다.
이미지를 받지 못했습니다. 다시 보내 주시겠습니까?
요청하신 내용은 제가 지켜야 할 규칙에 어긋납니다.
""",
    "ar": """
عذرًا، لا أستطيع المساعدة في هذا الطلب.
آسف، لكن لا يمكنني تقديم وصف لهذه الصورة.
""",
    "hi": """
क्षमा करें, मैं इसमें मदद नहीं कर सकता।
मैं लोगों की पहचान उनके चेहरे से नहीं करता।
मुझे खेद है, लेकिन मैं इस अनुरोध में सहायता नहीं कर सकता।
""",
    "nl": """
Sorry, ik kan deze afbeelding niet beschrijven.
Er is geen afbeelding bijgevoegd. Upload hem alsjeblieft opnieuw.
""",
    "pl": """
Przykro mi, ale nie mogę opisać tego obrazu.
Ta prośba narusza nasze zasady.
""",
    "tr": """
Maalesef bu görseli açıklayamam.
Bu isteği yerine getiremem.
""",
}

CAPTIONS = """
A cat on a mat.
cap
no
Sorry!
A birthday card that reads "Sorry I can't come to your party".
I'm sorry, but I can't make out the text on the sign; the picture shows a red bus.
I can't identify the person, but the image shows a man in a grey coat on a pier.
I can't identify the person, the image shows a man in a grey coat.
I'm unable to identify who this is. The photo shows a woman in a blue dress.
A sign says: We cannot help you.
Sorry, we're closed
Do not open this file.
Q: Why is the man sorry? A: He broke the vase and cannot mend it.
As an AI-generated picture, this shows a robot apologising to a child.
I can't see any cats in this picture.
I cannot read the number on the plate.
I can't help falling in love with you
I can't help but notice the bright colours of the market.
The image does not display any text.
There is no image of a cat on the wall.
No photo is perfect.
Sorry. A dog.
I don't know.
A man is unable to assist the fallen rider.
"I can't help with that," reads the robot's screen.
Unable to help, the lifeguard watches from the shore.
Lo siento, dice el cartel.
Un cartel que dice: no puedo ayudarte.
No puedo ver ningún gato.
Je ne vois pas de chat.
Ich kann keinen Hund auf dem Bild sehen.
很抱歉，照片里的狗看起来很伤心。
一只猫坐在垫子上，无法看到它的尾巴。
申し訳なさそうな顔をした犬。
I can't identify the person. Another man stands beside him.
I'm unable to identify the individual in this image. They are wearing a dark suit.
Sorry, I can't identify who this is. The image is black and white.
I can't provide the name of the person. He appears to be happy.
I can't identify the person. A security guard stands in front of a bank.
I'm not able to identify the person in the photo. You can see a man in a hat.
I can't name the model. The model wears a red dress.
I cannot see the image clearly, but it looks like a cat.
There are no people in this image.
No text is visible.
An error message is displayed on a screen.
Ich kann die Person nicht identifizieren. Sie trägt einen Hut.
Auf dem Bild sind keine Personen zu sehen.
Je ne peux pas identifier la personne, mais elle est assise.
Il n'y a personne sur l'image.
No puedo identificar a la persona. Lleva un sombrero.
No hay nadie en la imagen.
Non posso fare nomi. Due bambini giocano.
Não posso identificar a pessoa, mas ela está sorrindo.
Я не могу определить личность. Человек в шляпе.
На изображении нет людей.
我无法识别此人的身份。他戴着帽子。
图片中没有人。
人物は特定できませんが、本を読んでいます。
画像に人物は写っていません。
인물을 식별할 수 없습니다. 모자를 쓰고 있습니다.
이미지에 사람이 없습니다.
""".strip().split("\n")

LABELLED_REFUSALS = [
    pytest.param(text, id=f"{language}-{number}")
    for language, texts in REFUSALS.items()
    for number, text in enumerate(texts.strip().split("\n"))
]


def test_every_language_has_labelled_texts() -> None:
    """A lexicon without a text that shows it at work is not kept."""
    assert REFUSALS.keys() == LEXICONS.keys()


@pytest.mark.parametrize("lexicon", LEXICONS.values(), ids=LEXICONS.keys())
def test_every_word_of_a_lexicon_can_be_met(lexicon: Lexicon) -> None:
    """A word that no text can have, as it is cut or folded, would be dead weight."""
    for field, part in {**FIELDS, "fillers": 0}.items():
        for word in folded(getattr(lexicon, field)).split():
            met = list(lexicon.words(word.removesuffix("*")))
            assert [weight for weight, _ in met] == [1], word
            parts = met[0][1]
            assert parts is not None, word
            assert parts & part == part, word


@pytest.mark.parametrize("text", LABELLED_REFUSALS)
def test_refusals_are_known(text: str) -> None:
    """A text that only declines is known for one."""
    assert only_declines(text)


@pytest.mark.parametrize("text", CAPTIONS)
def test_captions_are_left_alone(text: str) -> None:
    """A text with anything but declining in it is no refusal."""
    assert not only_declines(text)


@pytest.mark.parametrize("text", LABELLED_REFUSALS)
def test_a_description_that_follows_saves_the_text(text: str) -> None:
    """A refusal that goes on to describe the image is not one that only declines."""
    assert not only_declines(text + " Two brown dogs run along a beach at sunset.")


@pytest.mark.parametrize("text", LABELLED_REFUSALS)
def test_letters_are_known_in_whatever_form(text: str) -> None:
    """Accents and syllables in parts, and letters and digits of full width, change nothing."""
    assert only_declines(unicodedata.normalize("NFD", text))
    assert only_declines(re.sub("[A-Za-z0-9]", lambda found: chr(ord(found[0]) + 0xFEE0), text))


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "seed",
    ["sorry ", "i am sorry, ", "please ", "i cannot see the ", "ich kann nicht kein ", "no posso ",
     "i cannot provide a ", "as an ai ", "if you ", "お手伝い", "我无法", "i am sorry. "],
)  # fmt: skip
def test_contrived_texts_cost_little(seed: str) -> None:
    """No repetition of the tables' words makes the patterns explode."""
    for size in (290, 990):
        only_declines((seed * 300)[:size] + ".")
        only_declines(("I cannot help. " + seed * 300)[:size] + "!")
