"""Who is notified of trouble, once when it begins and once when it is over: what is known, judged, sent."""
