"""One rehearsal of one stack: the twin, the program, the proof and the price, in order."""
