"""The rules in policy/, read with care: a mistake names its file, its line and the mend."""
