"""What the measured conversations consist of. Nothing here confirms a cancellation."""

QUESTIONS = (
    "hi there",
    "when does my subscription end?",
    "what was I charged last month?",
    "can I get my money back?",
    "what happens to my data if I leave?",
    "are you a robot?",
    "thanks, that helps",
    "what is the weather like today?",
)

LEAVING = (
    "hello",
    "I want to cancel my subscription",
    "it is too expensive for me",
    "when would it end?",
    "when is the next payment?",
    "never mind, I will keep it",
    "thank you",
)
"""Up to the terms, and back."""

ALL = (*QUESTIONS, *LEAVING)
