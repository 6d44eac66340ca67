"""Players who play, the faults on the way, and the answer sheet: what a perfect pipeline must find."""
