#!/bin/sh
# The first program of every container: secrets, the relay, the terminal's size, then the agent itself.

# Secrets come from a mounted file and not from the container's environment, so that `docker inspect` shows none.
secrets=/run/secrets/agentmux/env
if [ -r "$secrets" ]; then
    while IFS= read -r line || [ -n "$line" ]; do
        case "${line%%=*}" in
            "" | [0-9]* | *[!A-Za-z0-9_]*) ;; # no name of a variable: export would end this script
            *) export "$line" ;;
        esac
    done <"$secrets"
fi

# Returns when the ports listen. Links are separated by spaces.
if [ -n "$AGENTMUX_LINKS" ]; then
    # shellcheck disable=SC2086
    python3 -I -S /opt/agentmux/relay.py $AGENTMUX_LINKS || echo "The room cannot be reached at a port; the room command still works." >&2
fi

# The engine gives the terminal its size after the start; a program that looks before would draw for no cells at all.
if [ -t 0 ] && [ "$(stty size)" = "0 0" ]; then
    trap : WINCH
    sleep 2 &
    [ "$(stty size)" != "0 0" ] || wait $!
    kill $! 2>/dev/null
    trap - WINCH
fi

exec "$@"
