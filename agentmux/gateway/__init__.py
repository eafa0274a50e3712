"""The host's side of an agent's sockets: the way to its model, and to allowed places of the network."""
