"""`fedtui setup`: look around, try the scripts, plan one change; its status, its rollout, its removal."""
