"""Taking the tuned model away: written, loaded back and compared before it is called done."""
