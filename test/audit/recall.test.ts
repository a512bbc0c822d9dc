import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { createExaminer } from '../../src/usecases/examine-stacks.ts';

/** Examines files as `jacker audit` does; answers the controls that fail. */
async function failing(files: Readonly<Record<string, string>>): Promise<Set<string>> {
  const folder = await mkdtemp(join(tmpdir(), 'jacker-recall-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { mode: 0o600 });
  }
  const question = { workingDirectory: folder, today: '2026-06-01' };
  const examiner = createExaminer(nodeFileSystem(), question);
  const report = examiner.examine(await examiner.load([join(folder, 'compose.yml')]));
  return new Set(report.findings.filter((one) => one.status === 'fail').map((one) => one.control));
}

const traefik = (labels: string, more = ''): string => `services:
  edge:
    image: traefik:v3.6.2
    command: [--providers.docker.exposedbydefault=false, --entrypoints.web.address=:443${more}]
  app:
    image: example.org/app:1.0
    labels:
      traefik.enable: "true"
      traefik.http.routers.app.rule: Host(\`app.example.org\`)
      traefik.http.routers.app.tls: "true"
${labels}`;

/**
 * What was built wrong once in the name of hardening and can be seen in a file, each with the
 * control that finds it, and the same thing done right, in which that control finds nothing.
 */
const mistakes: readonly [
  what: string,
  control: string,
  wrong: Readonly<Record<string, string>> | string,
  right: Readonly<Record<string, string>> | string,
][] = [
  [
    'a limit of processes where Compose has none',
    'J-CMP-02',
    'services:\n  app:\n    image: example.org/app:1.0\n    deploy: { resources: { reservations: { pids: 100 } } }\n',
    'services:\n  app:\n    image: example.org/app:1.0\n    deploy: { resources: { limits: { pids: 100 } } }\n',
  ],
  [
    'a socket proxy whose user may not open the socket',
    'J-USR-03',
    'services:\n  proxy:\n    image: tecnativa/docker-socket-proxy:0.4\n    user: "1000:1000"\n    volumes: [/var/run/docker.sock:/var/run/docker.sock:ro]\n',
    'services:\n  proxy:\n    image: tecnativa/docker-socket-proxy:0.4\n    user: "1000:1000"\n    group_add: ["998"]\n    volumes: [/var/run/docker.sock:/var/run/docker.sock:ro]\n',
  ],
  [
    'the mode of a secret where it has no effect',
    'J-CRD-11',
    'services:\n  app:\n    image: example.org/app:1.0\n    user: "1000"\n    secrets: [{ source: token, uid: "1000", mode: 0400 }]\nsecrets:\n  token: { file: ./token }\n',
    'services:\n  app:\n    image: example.org/app:1.0\n    user: "1000"\n    secrets: [token]\nsecrets:\n  token: { file: ./token }\n',
  ],
  [
    'root, because data folders have another owner',
    'MED-001',
    'services:\n  db:\n    image: postgres:17.2\n    user: root\n',
    'services:\n  db:\n    image: postgres:17.2\n    user: "999:999"\n',
  ],
  [
    'a Redis command renamed that every login calls',
    'J-RDS-04',
    'services:\n  redis:\n    image: redis:8.2\n    command: redis-server --requirepass-file /run/x --rename-command DEL ""\n',
    'services:\n  redis:\n    image: redis:8.2\n    command: redis-server --rename-command FLUSHALL ""\n',
  ],
  [
    'a variable in a configuration that Traefik does not expand',
    'J-EDG-17',
    {
      'compose.yml':
        'services:\n  edge:\n    image: traefik:v3.6.2\n    volumes: ["./traefik.yml:/etc/traefik/traefik.yml:ro"]\n',
      'traefik.yml': 'certificatesResolvers: { le: { acme: { email: "${MAIL}" } } }\n',
    },
    {
      'compose.yml':
        'services:\n  edge:\n    image: traefik:v3.6.2\n    volumes: ["./traefik.yml:/etc/traefik/traefik.yml:ro"]\n',
      'traefik.yml': 'certificatesResolvers: { le: { acme: { email: me@example.org } } }\n',
    },
  ],
  [
    'a file of variables that a shell runs',
    'J-CMD-02',
    'services:\n  job:\n    image: alpine:3.22\n    command: sh -c ". /srv/app/.env && exec job"\n',
    'services:\n  job:\n    image: alpine:3.22\n    command: sh -c "exec job"\n    env_file: [{ path: job.env, required: false }]\n',
  ],
  [
    'a health check with a program that the image has not',
    'J-HC-04',
    'services:\n  loki:\n    image: grafana/loki:3.7.6\n    healthcheck: { test: ["CMD", "wget", "-q", "-O-", "http://localhost:3100/ready"] }\n',
    'services:\n  redis:\n    image: redis:8.2\n    healthcheck: { test: ["CMD", "redis-cli", "ping"] }\n',
  ],
  [
    'alert rules that are not mounted',
    'J-OBS-03',
    {
      'compose.yml':
        'services:\n  prometheus:\n    image: prom/prometheus:v3.8.0\n    volumes: ["./prometheus.yml:/etc/prometheus/prometheus.yml:ro"]\n  alertmanager:\n    image: prom/alertmanager:v0.29.0\n',
      'prometheus.yml': 'rule_files: [rules/*.yml]\n',
    },
    {
      'compose.yml':
        'services:\n  prometheus:\n    image: prom/prometheus:v3.8.0\n    volumes: ["./prometheus.yml:/etc/prometheus/prometheus.yml:ro", "./rules:/etc/prometheus/rules:ro"]\n  alertmanager:\n    image: prom/alertmanager:v0.29.0\n',
      'prometheus.yml': 'rule_files: [rules/*.yml]\n',
    },
  ],
  [
    'TLS options that do not exist, with which a router serves nothing',
    'J-EDG-16',
    traefik('      traefik.http.routers.app.tls.options: strict\n'),
    traefik(''),
  ],
  [
    'a middleware that does not exist, with which a router serves nothing',
    'J-EDG-08',
    traefik('      traefik.http.routers.app.middlewares: gone\n'),
    traefik(
      '      traefik.http.routers.app.middlewares: slow\n      traefik.http.middlewares.slow.ratelimit.average: "10"\n',
    ),
  ],
  [
    'two values of one credential',
    'J-CRD-10',
    'services:\n  db:\n    image: postgres:17.2\n    environment: { POSTGRES_PASSWORD: "v9Xk2mQ7pLr4Tz8W", POSTGRES_PASSWORD_FILE: /run/secrets/db_password }\n    secrets: [db_password]\nsecrets:\n  db_password: { file: ./db_password }\n',
    'services:\n  db:\n    image: postgres:17.2\n    environment: { POSTGRES_PASSWORD_FILE: /run/secrets/db_password }\n    secrets: [db_password]\nsecrets:\n  db_password: { file: ./db_password }\n',
  ],
  [
    'another password in the address of a database than the database has',
    'J-CRD-10',
    'services:\n  app:\n    image: example.org/app:1.0\n    environment: { DATABASE_URL: "postgres://app:Kq3bN8vX5cWs1Yd7@db/app" }\n  db:\n    image: postgres:17.2\n    environment: { POSTGRES_USER: app, POSTGRES_PASSWORD: v9Xk2mQ7pLr4Tz8W }\n',
    'services:\n  app:\n    image: example.org/app:1.0\n    environment: { DATABASE_URL: "postgres://app:v9Xk2mQ7pLr4Tz8W@db/app" }\n  db:\n    image: postgres:17.2\n    environment: { POSTGRES_USER: app, POSTGRES_PASSWORD: v9Xk2mQ7pLr4Tz8W }\n',
  ],
  [
    'a network with one name for every stack of the host',
    'J-NET-11',
    'services:\n  app:\n    image: example.org/app:1.0\n    networks: [inner]\nnetworks:\n  inner: { name: backend }\n',
    'services:\n  app:\n    image: example.org/app:1.0\n    networks: [inner]\nnetworks:\n  inner: {}\n',
  ],
  [
    'a network that somebody has to make by hand',
    'J-NET-12',
    'services:\n  app:\n    image: example.org/app:1.0\n    networks: [inner]\nnetworks:\n  inner: { external: true }\n',
    'services:\n  app:\n    image: example.org/app:1.0\n    networks: [inner]\nnetworks:\n  inner: {}\n',
  ],
  [
    'an override that takes away what was there',
    'J-CMP-03',
    {
      'compose.yml':
        'services:\n  app:\n    image: example.org/app:1.0\n    read_only: true\n    cap_drop: [ALL]\n',
      'compose.override.yml': 'services:\n  app:\n    read_only: false\n',
    },
    {
      'compose.yml': 'services:\n  app:\n    image: example.org/app:1.0\n    read_only: true\n',
      'compose.override.yml': 'services:\n  app:\n    labels: { a: b }\n',
    },
  ],
  [
    'a job that takes away every image of the host',
    'J-CMD-01',
    'services:\n  clean:\n    image: docker:29-cli\n    command: docker system prune --all --force\n',
    'services:\n  clean:\n    image: docker:29-cli\n    command: docker ps\n',
  ],
  [
    'a job that takes away the data of a stack',
    'J-CMD-01',
    'services:\n  stop:\n    image: docker:29-cli\n    command: docker compose down -v\n',
    'services:\n  stop:\n    image: docker:29-cli\n    command: docker compose down\n',
  ],
  [
    'a service that can write the configuration of the engine',
    'J-FS-03',
    'services:\n  setup:\n    image: example.org/setup:1.0\n    volumes: ["/etc/docker:/etc/docker"]\n',
    'services:\n  setup:\n    image: example.org/setup:1.0\n    volumes: ["setup:/etc/docker"]\nvolumes:\n  setup: {}\n',
  ],
  [
    'a service that can turn on a firewall of the host',
    'J-NS-01',
    'services:\n  firewall:\n    image: example.org/ufw:1.0\n    network_mode: host\n    cap_add: [NET_ADMIN]\n    command: ufw enable\n',
    'services:\n  firewall:\n    image: example.org/ufw:1.0\n',
  ],
];

describe('what was built wrong once', () => {
  it.each(mistakes)('%s is found by %s', async (_, control, wrong, right) => {
    const files = (one: typeof wrong) => (typeof one === 'string' ? { 'compose.yml': one } : one);
    expect(await failing(files(wrong))).toContain(control);
    expect(await failing(files(right))).not.toContain(control);
  });
});
