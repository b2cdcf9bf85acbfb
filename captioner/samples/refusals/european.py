"""Refusals in Spanish, French, Portuguese, Italian, German and Russian."""

from __future__ import annotations

from captioner.samples.refusals.wordings import Wordings

SPANISH = Wordings(
    opening=(
        r"(?:(?:lo siento(?: mucho)?|lo lamento|disculp[ae](?:me|n)?|perd[oó]n(?:a|e)?"
        r"|me disculpo|lamentablemente|desafortunadamente|por desgracia|mis disculpas"
        r"|me temo que)[,:]? ?)"
    ),
    declines=(
        (
            r"(?:como [^,]{0,60}, )?(?:yo )?no (?:me es posible|me est[aá] permitido|puedo"
            r"|podr[eé]|podr[ií]a|debo|estoy (?:autorizad|capacitad|programad|diseñad"
            r"|en condiciones)\w*(?: (?:para|de|a))?|soy capaz de|tengo (?:permitido"
            r"|la capacidad de)) (?:directamente )?(?:ayudar|asistir|cumplir|proporcionar"
            r"|ofrecer|describir|analizar|procesar|continuar|responder|generar|crear|atender"
            r"|hacer (?:eso|esto)|acceder|realizar|participar|brindar|dar|completar|satisfacer"
            r"|comentar|ver (?:la|las|esta|esa|tu|su|im[aá]gen)"
            r"|identificar (?:a )?.{0,30}?(?:persona|qui[eé]n|individuo|gente|rostro))\w*.*"
        ),
        r"(?:debo|tengo que|he de) (?:rechazar|declinar|negarme)\b.*",
        (
            r"(?:esta|esa|la|su|tu) (?:solicitud|petici[oó]n|imagen) (?:infringe|viola"
            r"|va en contra de|incumple) .*(?:pol[ií]tica|normas|directrices).*"
        ),
    ),
    courtesies=(
        (
            r"(?:si|por favor|gracias|estar[eé]|estoy (?:aqu[ií]|encantad)|con gusto|h[aá]game"
            r"|no dudes?|puedo|podr[ií]a|hay algo|en qu[eé]|entiendo|espero|agradezco"
            r"|como (?:modelo|ia|asistente))\b.*"
        ),
    ),
)

FRENCH = Wordings(
    opening=(
        r"(?:(?:(?:je suis |je )?(?:vraiment |sincèrement )?d[eé]sol[eé]e?s?|je m'excuse"
        r"|toutes mes excuses|mes excuses|excusez-moi|pardon|malheureusement|je regrette"
        r"|je crains que)[,:]? ?)"
    ),
    declines=(
        (
            r"(?:en tant qu[^,]{0,60}, )?je (?:ne |n')(?:peux|puis|suis|pourrai|saurais"
            r"|pourrais)(?: malheureusement)?(?: pas)?(?: (?:en mesure|capable"
            r"|autoris[eé]e?) (?:de |d'|à )?)? ?(?:vous |t'|y |te )?(?:aider|assister"
            r"|r[eé]pondre|fournir|d[eé]crire|analyser|traiter|continuer|g[eé]n[eé]rer|cr[eé]er"
            r"|donner|offrir|faire (?:cela|ça|ceci)|satisfaire|acc[eé]der|voir (?:l'|les |cette "
            r"|votre )|participer|discuter|commenter|r[eé]aliser|acc[eé]der"
            r"|identifier .{0,30}?(?:personne|qui|individu|gens|visage))\w*.*"
        ),
        (
            r"je (?:dois|suis oblig[eé]e? de|pr[eé]f[eè]re) (?:refuser|d[eé]cliner|m'abstenir"
            r"|ne pas)\b.*"
        ),
        (
            r"(?:cette|votre|la) (?:demande|requ[eê]te|image) (?:enfreint|viole"
            r"|va à l'encontre d|ne respecte pas).*(?:politique|règles|directives|conditions).*"
        ),
    ),
    courtesies=(
        (
            r"(?:si|s'il|n'h[eé]sitez|n'h[eé]site|merci|je (?:serai|serais|reste|peux|suis (?:là"
            r"|à votre|ravi))|puis-je|y a-t-il|veuillez|j'esp[eè]re|je comprends|en tant qu)\b.*"
        ),
    ),
)

PORTUGUESE = Wordings(
    opening=(
        r"(?:(?:(?:eu )?sinto muito|lamento(?: muito)?|desculp[ae](?:-me|m)?|peço desculpas?"
        r"|infelizmente|perd[aã]o|receio que)[,:]? ?)"
    ),
    declines=(
        (
            r"(?:como [^,]{0,60}, )?(?:eu )?não (?:me é possível|posso|poderei|poderia|consigo"
            r"|devo|estou (?:autorizad|apt|programad|em condiç)\w*(?: (?:a|para|de))?"
            r"|sou capaz de|tenho (?:permissão|capacidade) (?:para|de)) (?:te |o "
            r"|lhe )?(?:ajudar|ajud[aá]-l|auxiliar|atender|fornecer|oferecer|descrever|analisar"
            r"|processar|continuar|responder|gerar|criar|cumprir|fazer (?:isso|isto)|acessar"
            r"|aceder|realizar|participar|dar|completar|satisfazer|comentar|ver (?:a|as|essa"
            r"|esta|sua) im|identificar .{0,30}?(?:pessoa|quem|indiv[ií]duo|rosto))\w*.*"
        ),
        r"(?:devo|tenho que|tenho de|preciso) (?:recusar|declinar)\b.*",
    ),
    courtesies=(
        (
            r"(?:se|por favor|obrigad[oa]|fico|ficarei|estou (?:aqui|à disposição)|posso"
            r"|h[aá] algo|em que|entendo|espero|agradeço|sinta-se|não hesite|como (?:modelo|ia"
            r"|assistente|uma ia))\b.*"
        ),
    ),
)

ITALIAN = Wordings(
    opening=(
        r"(?:(?:mi dispiace(?: molto)?|sono (?:spiacente|desolat[oa])|spiacente|scus[ai](?:mi"
        r"|te)?|mi scuso|purtroppo|chiedo scusa|sfortunatamente|temo che)[,:]? ?)"
    ),
    declines=(
        (
            r"(?:in quanto [^,]{0,60}, |come [^,]{0,60}, )?(?:io )?non (?:mi è possibile|posso"
            r"|potrò|potrei|riesco a|sono (?:in grado|autorizzat|programmat"
            r"|abilitat)\w*(?: (?:di|a|per))?) (?:aiutar|assister|fornir|offrir|descriver"
            r"|analizzar|elaborar|continuar|risponder|generar|crear|soddisfar|farlo"
            r"|fare (?:questo|ciò)|acceder|partecipar|dare|dar|completar|commentar|vedere (?:l'"
            r"|le |questa )im|identificar\w* .{0,30}?(?:person|chi|individu|volt))\w*.*"
        ),
        r"(?:devo|sono costrett[oa] a) (?:rifiutar|declinar)\w*.*",
    ),
    courtesies=(
        (
            r"(?:se|per favore|grazie|sarò|sono (?:qui|a disposizione|felice|lieto)|posso|c'è"
            r"|in cosa|capisco|spero|non esitare|in quanto|come (?:ia|modello|assistente))\b.*"
        ),
    ),
)

GERMAN = Wordings(
    opening=(
        r"(?:(?:(?:es )?tut mir (?:sehr |wirklich )?leid|leider|entschuldigung"
        r"|entschuldigen sie(?: bitte)?|verzeihung|ich bedaure(?: sehr)?"
        r"|ich bitte um entschuldigung|bedauerlicherweise)[,:]? ?)"
    ),
    declines=(
        (
            r"(?:.{0,60}? )?(?:ich (?:kann|darf|könnte|werde|möchte)|(?:kann|darf|werde"
            r"|möchte) ich)\b(?: .{0,100}?)? ?\b(?:nicht|kein(?:e|en|er"
            r"|es)?)\b.{0,100}?\b(?:helfen|weiterhelfen|behilflich sein|unterstützen|nachkommen"
            r"|beantworten|beschreiben|bereitstellen|erstellen|identifizieren|analysieren"
            r"|verarbeiten|bearbeiten|erfüllen|anbieten|liefern|generieren|fortfahren"
            r"|kommentieren|auskunft geben|(?:das|dieses|ihr) bild (?:an)?sehen|tun|machen)\b.*"
        ),
        r"ich bin (?:leider )?nicht (?:in der lage|befugt|berechtigt|dazu)\b.*",
        r"ich muss .{0,60}\bablehnen\b.*",
        r"(?:diese|ihre|deine) (?:anfrage|bitte) (?:verstößt|widerspricht)\b.*",
    ),
    courtesies=(
        (
            r"(?:wenn|falls|bitte|danke|vielen dank|ich (?:helfe|stehe|verstehe|kann|hoffe"
            r"|würde)|gerne|gern|kann ich|gibt es|lassen sie|als (?:ki|sprachmodell"
            r"|künstliche))\b.*"
        ),
    ),
)

RUSSIAN = Wordings(
    opening=(
        r"(?:(?:к сожалению|извини(?:те)?|прости(?:те)?|прошу прощения|мне (?:очень )?жаль"
        r"|сожалею|приношу извинения)[,:]? ?)"
    ),
    declines=(
        (
            r"(?:как [^,]{0,60}, )?(?:но )?(?:я )?(?:с этим |вам |этого )?(?:не могу|не смогу"
            r"|не в состоянии|не имею (?:возможности|права)|не в силах"
            r"|не буду)(?: вам)?(?: с этим)? ?.{0,40}?(?:помочь|помогать|помощь|выполнить"
            r"|предоставить|предоставлять|описать|описывать|ответить|отвечать|обработать"
            r"|обрабатывать|идентифицировать|определять личност|определить личност|опознать"
            r"|создать|сгенерировать|обсуждать|продолжить|удовлетворить|просматривать"
            r"|видеть изображени|анализировать|сделать это|этого сделать)\w*.*"
        ),
        r"(?:я )?(?:вынужден[а]?|должен|должна) (?:отказать|отклонить)\w*.*",
        r"(?:этот|ваш|данный) (?:запрос|вопрос) (?:нарушает|противоречит)\b.*",
    ),
    courtesies=(
        (
            r"(?:если|пожалуйста|спасибо|благодарю|буду рад|я (?:могу|буду|готов|понимаю"
            r"|надеюсь)|могу ли|чем|есть ли|надеюсь|обращайтесь|как (?:ии|языков"
            r"|искусственн))\w*\b.*"
        ),
    ),
)
