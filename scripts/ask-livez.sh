#!/bin/sh
# Whether a service of this container is live: ask-livez VARIABLE, which names the variable that holds its port.
# It does not use Node, which would take 40 MiB of the container's memory every ten seconds. Debian's image has bash and no
# wget, Alpine's has wget and no bash.
eval "port=\$$1"
if command -v wget >/dev/null 2>&1; then
  wget -q -T 2 -O /dev/null "http://127.0.0.1:$port/livez" || exit 1
  exit 0
fi
exec bash -c '
  exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
  printf "GET /livez HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n" >&3
  read -r -t 2 _ status _ <&3 && [ "$status" = 200 ]
' ask-livez "$port"
