"""The training examples in `data/nlu/`, read and checked before they are learnt."""
