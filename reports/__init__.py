"""What people open: a page per game and per player, drawn from the questions in the game's folder. Knows nothing of Beam."""
