"""From a configuration to names: frames, states, targets and input functions of each instrument."""
