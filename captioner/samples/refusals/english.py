"""Refusals in English, contractions spelt out ("cannot", "i am")."""

from __future__ import annotations

from captioner.samples.refusals.wordings import Wordings, any_of

_REQUESTED = (
    r"(?:(?:this|that|these|those|the|your|any|an?|such|attached|uploaded|provided|specific|actual"
    r"|explicit|sexual|graphic|violent|visual|contents?|details?|of|in|what is|kind|type|or|and) )*"
    r"(?:images?|pictures?|photos?|photographs?|contents?|files?|attachments?|screenshots?|visuals"
    r"|requests?|prompts?|tasks?|instructions?|questions?|query|queries)\b.*"
)
"""What a user asks about: "the content of this image", "your request"."""

_SOMEONE = (
    r"\b(?:people|persons?|individuals?|who|identity|identities|anyone|someone|faces?"
    r"|celebrity|celebrities|public figures?|man|men|woman|women|child|children|him|her|them)\b"
)

_WRITING = (
    r"\b(?:descriptions?|captions?|information|analys[ei]s|details|content|assistance|help|answers?"
    r"|responses?|identifications?|commentary|depictions?|identity|identities|opinions?|dialogues?"
    r"|conversations?|questions?|that|this)\b"
)

_SERVICE = any_of(
    r"(?:assist|comply|engage|proceed|participate)(?: .*)?",
    r"help(?: you)?(?: (?:with|out|here|on|in|identify|describe|generate|create|by)\b.*)?",
    r"do (?:that|this|so|it)(?: (?:for|as|because|at|due|since|here)\b.*)?",
    r"continue(?: (?:with )?(?:this|that|the) (?:conversation|request|discussion|task).*)?",
    r"(?:discuss|comment on|talk about|respond to|speculate) .*",
    any_of(
        r"answer|fulfill?|complete|process|honou?r|accommodate|satisfy|support|grant|perform|follow",
        r"describe|caption|analy[sz]e|interpret|depict|view|see|access|open|load|display|examine",
        r"look at|generate|create",
    )
    + r"(?:,? (?:or |and )?(?:to )?"
    r"(?:view|see|analy[sz]e|describe|interpret|process|access|caption))*"
    + any_of(" " + _REQUESTED, r" (?:this|that|it|them)(?: (?:for you|because|as|due)\b.*)?"),
    r"describe (?:people|individuals|minors|someone|anyone)\b.*",
    r"(?:provide|offer|give|share|produce|generate|create|write|make|supply|compose|draft)"
    r" (?:you )?(?:with )?.{0,80}?" + _WRITING + r".*",
    r"(?:identify|recogni[sz]e|name|determine|reveal|confirm|disclose|tell(?: you)?|say)"
    r" .{0,40}?" + _SOMEONE + r".*",
    r"make (?:any )?(?:identifications?|assumptions|inferences|judge?ments) .*",
)
"""What a model declines to do; not "see a dog" or "read the plate", which may be answers."""

_CANNOT = (
    any_of(
        r"cannot|can not|can no longer|will not|would not|could not|do not(?! see)|must not",
        r"am (?:currently |still |really )?(?:unable|not able|not allowed|not permitted"
        r"|not authori[sz]ed|not programmed|not designed|not equipped|not in a position"
        r"|not supposed|not going) to",
        r"(?:do not (?:currently )?have|lack) the (?:ability|capability|capacity|permission"
        r"|means) to",
        r"am (?:prohibited|restricted) from",
    )
    + r"(?: (?:be able to|directly|actually|currently|really|simply))?"
)

_REASON = any_of(
    r"as an? [^,]{0,80}",
    r"being an? [^,]{0,60}",
    r"for [^,]{0,60}reasons?",
    r"(?:due|according) to [^,]{0,80}",
    r"in (?:line|accordance) with [^,]{0,60}",
    r"to (?:protect|respect) [^,]{0,60}",
    r"(?:based on|because of) [^,]{0,60}",
    r"at (?:this time|the moment)|currently|at present|in this case|with all due respect",
)

_POLICY = r".{0,40}?\b(?:policy|policies|guidelines|terms|standards|safety system|usage rules)\b.*"

_APOLOGY = any_of(
    r"(?:i am|we are) (?:(?:so|very|really|truly|terribly|deeply) )?(?:sorry|afraid)",
    r"(?:so |very )?sorry",
    r"(?:please accept )?(?:my |our )?(?:sincere |deepest )?apologies",
    r"i (?:do |must |sincerely )?apologi[sz]e",
    r"unfortunately|regrettably|i regret(?: to (?:say|inform you))?",
)

ENGLISH = Wordings(
    opening=(
        r"(?:(?:oh|hi|hello|no|well|hm+)?[,. ]*" + _APOLOGY + r"\b(?: about (?:that|this))?"
        r"(?: for (?:any|the) (?:inconvenience|confusion|misunderstanding)"
        r"(?: (?:this|it) (?:may|might) .{0,20})?)?(?: to say)?(?: that)?[,:]? ?)"
    ),
    declines=(
        rf"(?:{_REASON},? )?(?:so )?i (?:really |simply |just |also )?{_CANNOT} {_SERVICE}",
        rf"(?:{_REASON},? )?(?:cannot|can not|unable to|not able to|not allowed to) {_SERVICE}",
        (
            r"i (?:(?:must|have to|need to|will have to|am going to have to|would like to"
            r"|respectfully|politely) )*(?:decline|refuse)(?: .*)?"
        ),
        r"i am not (?:comfortable|willing to|allowed|permitted|authori[sz]ed)\b.*",
        r"i do not feel comfortable .*",
        r"i (?:would |will )?(?:rather|prefer to|prefer) not\b.*",
        r"i (?:cannot|will not)",
        (
            r"(?:that|this|it) is (?:not something (?:that )?i (?:can|am able to|will)"
            r"|something (?:that )?i (?:cannot|am not able to|am unable to|will not)) .*"
        ),
        (
            r"(?:your |this |the )?request (?:has been |was |is )?(?:declined|denied|refused"
            r"|rejected)"
        ),
        (
            r"(?:doing|describing|identifying|generating|providing) .{0,80} (?:would be"
            r"|is) (?:inappropriate|unethical|not appropriate|against .*)"
        ),
        # what was asked for is said to be out of bounds
        (
            r"(?:(?:this|that|the|your|it) ?(?:requested |input |provided |uploaded )?(?:request"
            r"|content|image|picture|photo|prompt|input|topic|task)? ?(?:may |might |could "
            r"|would |appears to |seems to )?(?:violates?|goes against|go against|going against"
            r"|is against|be against|conflicts? with|contravenes?|breach(?:es)?|falls? outside"
            r"|is not (?:allowed|permitted) (?:by|under)"
            rf"|contains? content that (?:is not allowed by|violates)) {_POLICY})"
        ),
        (
            r"(?:my|our|openai's) (?:own )?(?:safety |content |ethical |usage )?(?:guidelines"
            r"|polic(?:y|ies)|programming|training) (?:do not|does not|prevents?|prohibits?"
            r"|forbids?|restricts?) .*"
        ),
        # no image reached the model
        (
            r"i (?:do not|cannot|did not) (?:actually |currently )?(?:see|have access to|have"
            r"|find|receive) (?:an?|any|the|your)? ?(?:attached |uploaded |provided )?(?:image"
            r"|picture|photo|file|attachment)s?(?: (?:attached|uploaded|here|provided|in (?:your"
            r"|this|our)|from|to|yet|on my|with|that you|you)\b.*)?"
        ),
        (
            r"(?:(?:it )?(?:seems|looks|appears)(?: like| that| as if)? )?(?:there (?:is"
            r"|was) )?no (?:image|picture|photo)s? (?:(?:was|were|is|has been) )?(?:attached"
            r"|provided|uploaded|included|found|available|received|detected|came through)\b.*"
        ),
        (
            r"(?:(?:it )?(?:seems|looks|appears)(?: like| that| as if)? )?(?:the|your) (?:image"
            r"|picture|photo|file|attachment)s? (?:you \w+ )?(?:did not|does not|failed to"
            r"|has not|have not|could not|was not|is not|cannot)(?: seem to| appear to)?(?: have"
            r"| be| been)* ?(?:come|upload|uploaded|load|loaded|attach|attached|display"
            r"|displayed|available|accessible|visible|processed|included|provided)(?: (?:through"
            r"|correctly|properly|successfully|on my|in (?:your|our|this)|to|with|for|yet|by"
            r"|here)\b.*)?"
        ),
    ),
    courtesies=(
        _REASON,
        r"(?:thanks|thank you)\b.*",
        (
            r"(?:kindly |please )?(?:feel free to|let me know|do not hesitate|reach out"
            r"|go ahead)\b.*"
        ),
        (
            r"please (?:also |try to |re-?)*(?:provide|upload|share|try|send|attach|describe"
            r"|consult|contact|ask|choose|use|note|understand|check|paste|submit|tell|refer"
            r"|be aware)\b.*"
        ),
        (
            r"(?:if|should|once|when) (?:you|there|that|it|your)\b.*\b(?:help|assist|happy|glad"
            r"|let me know|feel free|provide|upload|share|describe|ask|please|try|questions?"
            r"|request|requests|another|different|else|like|need|want)\b.*"
        ),
        (
            r"(?:is there|can i|could you|would you|do you|may i|how (?:else )?(?:can|may) i"
            r"|what else)\b.*"
        ),
        (
            r"(?:instead, )?(?:i (?:would|will|can|could|may|am)|happy|glad)(?: still| also"
            r"| only| certainly)?(?: be)?(?: more than)?(?: very)?,? ?(?:happy|glad|here|willing"
            r"|able|help|assist|offer|provide|try|answer|describe|discuss|to)\b.{0,140}"
        ),
        (
            r"i (?:am|was|have been) (?:only |just )?(?:an? (?:ai|text|large|language"
            r"|artificial)\b|designed|programmed|trained|built|made|created|committed|required"
            r"|bound)\b.*"
        ),
        r"my (?:purpose|goal|aim|role|design|capabilities|abilities)\b.*",
        r"i (?:completely |fully )?(?:understand|appreciate|respect|reali[sz]e|hope)\b.*",
        (
            r"(?:it is|it's) (?:important|essential|best) to\b.*\b(?:privacy|respect|safety"
            r"|consent|rights)\b.*"
        ),
        r"(?:we can|let us|let's) (?:talk|discuss|try|work on|explore)\b.*",
        r"(?:no|nope|hello|hi|well|okay|ok|sure|of course)",
    ),
)
