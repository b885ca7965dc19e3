"""One .tcss per screen, plus app.tcss."""
