"""Who is spoken of: people close to somebody, by what they are called, and who may harm them."""

_FAMILY_ONLY = (
    r"husband|hubby|wife|wifey|missus|(?:other|better) half|spouse|fianc[eé]e?|boyfriend|"
    r"girlfriend|bf|gf|mother|mum|mummy|mom|mommy|mam|mama|father|dad|daddy|papa|son|daughter|"
    r"child|baby|(?<!game )boy|girl|kid|little one|twin|infant|newborn|toddler|brother|sister|"
    r"sibling|parent|aunt|aunty|auntie|uncle|nephew|niece|cousin|grand(?!iose|eur)\w+|gran|granny|"
    r"gramps|nan|nana|nanna|nanny|abuel[ao]|oma|opa|nonn[ao]|pops|relative|youngest|eldest|oldest|"
    r"step[- ]?(?:dad|mum|mom|father|mother|son|daughter|brother|sister|child)|"
    r"god(?:father|mother|son|daughter|parent)|in-law|family member|loved one"
)
_BESIDE_FAMILY = (
    r"partner|friend|bestie|(?:flat|room|house|class|work|team|school)?mate|colleague|co-?worker|"
    r"neighbou?r|(?<!the )(?<!final )boss|teacher|tenant|landlord|carer"
)
FAMILY = rf"(?:{_FAMILY_ONLY})"
RELATIVE = rf"(?:{_FAMILY_ONLY}|{_BESIDE_FAMILY})"
"""One of them. Whoever shares a flat or an office counts: their death is one, too."""
DEAR = rf"(?:(?:{_FAMILY_ONLY})s?|children|(?:best )?(?:friend|mate)s?|bestie|partner)"
"""Whom one can only have lost to death; a flatmate who is lost has moved out."""
RELATIVES = (
    rf"(?:{RELATIVE}|(?:{_FAMILY_ONLY})s|(?<!with my )(?<!with )(?:{_BESIDE_FAMILY})s|"
    r"children|wives)"
)
OWN = r"(?:my|our|his|her|their|a|the)"
EX = r"(?:ex(?:[- ](?:husband|wife|partner|boyfriend|girlfriend|bf|gf))?|abuser|stalker)"
THEIRS = (
    r"(?:my|our) (?:\w+ )?(?:kids?|child(?:ren)?|son|daughter|baby|mum|mom|mother|sister|brother|"
    r"dog|cat|face|arm|head)|the (?:kids|children)"
)
"""Whom and what they would protect."""
FROM_A_COMPANY = (
    r"(?:e-?mails?|mails?|messages?|texts?|memes?|calls?|phone calls?|letters?|ads?|adverts?|spam|"
    r"newsletters?|notifications?|pop-?ups?|reminders?|offers?|discounts?|surveys?|questions?|"
    r"requests?|news|deadlines?|sms|marketing|promo\w*|sales \w+|quotes?|apps?|products?|"
    r"interest|renewing|upgrading|fees?|bills?|charges?|fines?|invoices?|penalt(?:y|ies)|prices?|"
    r"(?:price )?(?:increase|hike)s?|payments?|renewals?|upgrades?|debts?|collections?|"
    r"(?:debt )?collectors?|collection agenc(?:y|ies)|lawyers?|court|legal \w+|cookies|trackers?|"
    r"analytics|work(?! (?:boots?|shoes?|tools?|belt|bag|phone))|tasks?|homework|chores?|projects?|"
    r"paperwork|overtime|hours|shifts?|eviction|facts|truth|"
    r"question|idea|surprise)"
)
"""What a company, a bank or a boss comes with, who is a nuisance and no danger."""
