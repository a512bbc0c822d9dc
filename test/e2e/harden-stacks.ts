/** Stacks that the testbed's images can run, written as people write them: nothing is hardened. */
export const trialStacks: Readonly<
  Record<string, { compose: string; files: Record<string, string> }>
> = {
  'an application with its stores': {
    files: { 'password.txt': 'not-a-secret-of-anybody\n' },
    compose: `
# the usual three
x-common: &common
  restart: always

services:
  app:
    <<: *common
    image: SAMPLE
    environment:
      PGHOST: db
      PGUSER: postgres
      PGDATABASE: postgres
      PGPASSWORD_FILE: /run/secrets/password
      REDIS_HOST: cache
      REDIS_USER: default
      REDIS_PASSWORD_FILE: /run/secrets/password
    secrets: [password]
    ports: ["3000:3000"]
    healthcheck:
      test: wget -q -O /dev/null http://127.0.0.1:3000/healthz
      interval: 30s
    depends_on:
      - db
      - cache

  db:
    image: postgres:18.6-alpine
    environment: {POSTGRES_PASSWORD_FILE: /run/secrets/password}
    secrets: [password]
    volumes:
      - db:/var/lib/postgresql   # the data
    healthcheck: {test: ["CMD", "pg_isready", "-U", "postgres"]}
    ports:
      - 5432:5432

  cache:
    image: redis:8.10.1-alpine
    command: sh -c 'exec redis-server --appendonly yes --requirepass "$$(cat /run/secrets/password)"'
    secrets: [password]
    volumes: [cache:/data]

secrets:
  password: {file: ./password.txt}
volumes: {db: , cache: }
`,
  },
  'a program that gives its rights up itself, and a proxy': {
    files: {
      'haproxy.cfg':
        'defaults\n  mode http\n  timeout connect 2s\n  timeout client 5s\n  timeout server 5s\nfrontend web\n  bind :8080\n  default_backend web\nbackend web\n  server web worker:8080\n',
      'server.js': `
const fs = require('fs');
fs.mkdirSync('/data/state', { recursive: true });
fs.chownSync('/data/state', 1234, 1234);
process.setgid(1234);
process.setuid(1234);
fs.writeFileSync('/data/state/started', String(Date.now()));
fs.writeFileSync('/tmp/pid', String(process.pid));
require('http').createServer((_, answer) => answer.end('ok')).listen(8080);
process.on('SIGTERM', () => process.exit(0));
`,
    },
    compose: `
services:
  worker:
    image: node:24-alpine
    command: [node, /srv/server.js]
    volumes:
      - ./server.js:/srv/server.js:ro
      - state:/data
  proxy:
    image: haproxy:3.2.21-alpine
    ports: ["8080:8080"]
    volumes: ["./haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro"]
    depends_on: [worker]
    healthcheck:
      test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1:8080/"]
volumes:
  state:
`,
  },
  'pages, and things that a trial may not start': {
    files: { 'site/index.html': '<p>hello</p>\n' },
    compose: `
services:
  web: { image: "nginxinc/nginx-unprivileged:1.30.4-alpine-slim", ports: ["80:8080"], volumes: ["./site:/usr/share/nginx/html"] }
  watcher:
    image: TOOLBOX
    command: sleep infinity
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
  absent:
    image: registry.invalid/nobody/nothing:1
  broken:
    image: TOOLBOX
    command: sh -c 'echo cannot go on >&2; exit 3'
  job:
    image: TOOLBOX
    command: sh -c 'echo done > /tmp/result'
`,
  },
};
