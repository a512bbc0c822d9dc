/** What the program of an image is for, as far as its name tells. */
export type Role =
  | 'edge'
  | 'socket-proxy'
  | 'sign-in'
  | 'database'
  | 'cache'
  | 'search'
  | 'queue'
  | 'engine-ui'
  | 'database-ui'
  | 'metrics'
  | 'dashboard'
  | 'logs'
  | 'auto-update'
  | 'ide'
  | 'shell-server';

/** The well-known program of an image; controls that read a program's own options ask for it. */
export type Program =
  | 'traefik'
  | 'caddy'
  | 'nginx-proxy'
  | 'nginx-proxy-manager'
  | 'swag'
  | 'oauth2-proxy'
  | 'tinyauth'
  | 'authelia'
  | 'socket-proxy'
  | 'wollomatic-socket-proxy'
  | 'postgres'
  | 'mysql'
  | 'mariadb'
  | 'mongo'
  | 'mssql'
  | 'couchdb'
  | 'clickhouse'
  | 'influxdb'
  | 'redis'
  | 'valkey'
  | 'keydb'
  | 'memcached'
  | 'elasticsearch'
  | 'opensearch'
  | 'meilisearch'
  | 'solr'
  | 'rabbitmq'
  | 'nats'
  | 'kafka'
  | 'portainer'
  | 'dockge'
  | 'yacht'
  | 'dozzle'
  | 'adminer'
  | 'pgadmin'
  | 'phpmyadmin'
  | 'mongo-express'
  | 'redis-commander'
  | 'prometheus'
  | 'alertmanager'
  | 'pushgateway'
  | 'cadvisor'
  | 'node-exporter'
  | 'grafana'
  | 'loki'
  | 'promtail'
  | 'crowdsec'
  | 'watchtower'
  | 'code-server'
  | 'jupyter'
  | 'openssh-server'
  | 'minio'
  | 'vault';

interface Known {
  program: Program;
  role?: Role;
  /** Matches the image's path without registry and tag, in lower case. */
  path: RegExp;
}

const known: readonly Known[] = [
  { program: 'traefik', role: 'edge', path: /(^|\/)traefik$/ },
  { program: 'caddy', role: 'edge', path: /(^|\/)caddy(-docker-proxy)?$/ },
  { program: 'nginx-proxy-manager', role: 'edge', path: /(^|\/)nginx-proxy-manager(-.*)?$/ },
  { program: 'nginx-proxy', role: 'edge', path: /(^|\/)nginx-proxy$/ },
  { program: 'swag', role: 'edge', path: /(^|\/)swag$/ },
  { program: 'oauth2-proxy', role: 'sign-in', path: /(^|\/)oauth2[-_]proxy$/ },
  { program: 'tinyauth', role: 'sign-in', path: /(^|\/)tinyauth$/ },
  { program: 'authelia', role: 'sign-in', path: /(^|\/)authelia$/ },
  {
    program: 'wollomatic-socket-proxy',
    role: 'socket-proxy',
    path: /(^|\/)wollomatic\/socket-proxy$/,
  },
  {
    program: 'socket-proxy',
    role: 'socket-proxy',
    path: /(^|\/)(docker-)?socket-proxy$/,
  },
  {
    program: 'postgres',
    role: 'database',
    path: /(^|\/)(postgres|postgresql|postgis|timescaledb(-ha)?|pgvector|pgvecto-rs|vectorchord)$|immich-app\/postgres$/,
  },
  { program: 'mariadb', role: 'database', path: /(^|\/)mariadb(-galera)?$/ },
  { program: 'mysql', role: 'database', path: /(^|\/)(mysql|mysql-server|percona)$/ },
  { program: 'mongo', role: 'database', path: /(^|\/)(mongo|mongodb)(-community-server)?$/ },
  { program: 'mssql', role: 'database', path: /(^|\/)mssql\/server$/ },
  { program: 'couchdb', role: 'database', path: /(^|\/)couchdb$/ },
  { program: 'clickhouse', role: 'database', path: /(^|\/)clickhouse(-server)?$/ },
  { program: 'influxdb', role: 'database', path: /(^|\/)influxdb$/ },
  { program: 'redis', role: 'cache', path: /(^|\/)(redis|redis-stack(-server)?)$/ },
  { program: 'valkey', role: 'cache', path: /(^|\/)(valkey|valkey-bundle|dragonfly)$/ },
  { program: 'keydb', role: 'cache', path: /(^|\/)keydb$/ },
  { program: 'memcached', role: 'cache', path: /(^|\/)memcached$/ },
  { program: 'elasticsearch', role: 'search', path: /(^|\/)elasticsearch$/ },
  { program: 'opensearch', role: 'search', path: /(^|\/)opensearch$/ },
  { program: 'meilisearch', role: 'search', path: /(^|\/)meilisearch$/ },
  { program: 'solr', role: 'search', path: /(^|\/)solr$/ },
  { program: 'rabbitmq', role: 'queue', path: /(^|\/)rabbitmq$/ },
  { program: 'nats', role: 'queue', path: /(^|\/)nats$/ },
  { program: 'kafka', role: 'queue', path: /(^|\/)(cp-)?kafka$/ },
  { program: 'portainer', role: 'engine-ui', path: /(^|\/)portainer(-ce|-ee)?$/ },
  { program: 'dockge', role: 'engine-ui', path: /(^|\/)dockge$/ },
  { program: 'yacht', role: 'engine-ui', path: /(^|\/)yacht$/ },
  { program: 'dozzle', role: 'engine-ui', path: /(^|\/)dozzle$/ },
  { program: 'adminer', role: 'database-ui', path: /(^|\/)adminer$/ },
  { program: 'pgadmin', role: 'database-ui', path: /(^|\/)pgadmin4?$/ },
  { program: 'phpmyadmin', role: 'database-ui', path: /(^|\/)phpmyadmin$/ },
  { program: 'mongo-express', role: 'database-ui', path: /(^|\/)mongo-express$/ },
  { program: 'redis-commander', role: 'database-ui', path: /(^|\/)redis-?commander$/ },
  { program: 'prometheus', role: 'metrics', path: /(^|\/)prometheus$/ },
  { program: 'alertmanager', role: 'metrics', path: /(^|\/)alertmanager$/ },
  { program: 'pushgateway', role: 'metrics', path: /(^|\/)pushgateway$/ },
  { program: 'cadvisor', role: 'metrics', path: /(^|\/)cadvisor$/ },
  { program: 'node-exporter', role: 'metrics', path: /(^|\/)node-exporter$/ },
  { program: 'grafana', role: 'dashboard', path: /(^|\/)grafana(-oss|-enterprise)?$/ },
  { program: 'loki', role: 'logs', path: /(^|\/)loki$/ },
  { program: 'promtail', role: 'logs', path: /(^|\/)promtail$/ },
  { program: 'crowdsec', path: /(^|\/)crowdsec$/ },
  { program: 'watchtower', role: 'auto-update', path: /(^|\/)watchtower$/ },
  { program: 'code-server', role: 'ide', path: /(^|\/)(code-server|openvscode-server)$/ },
  {
    program: 'jupyter',
    role: 'ide',
    path: /(^|\/)(jupyter\/.+|(base|scipy|minimal|datascience)-notebook|jupyterhub)$/,
  },
  { program: 'openssh-server', role: 'shell-server', path: /(^|\/)(openssh-server|sshd|wetty)$/ },
  { program: 'minio', path: /(^|\/)minio$/ },
  { program: 'vault', path: /(^|\/)vault$/ },
];

/** What is known of a path: the same few images are named again and again. */
const answers = new Map<string, { program?: Program; role?: Role }>();
const mostAnswers = 1000;

/** The program and role of an image path without registry and tag; both may be unknown. */
export function roleOf(path: string): { program?: Program; role?: Role } {
  const before = answers.get(path);
  if (before) return before;
  const lower = path.toLowerCase();
  const found = known.find((candidate) => candidate.path.test(lower));
  const answer = found
    ? { program: found.program, ...(found.role ? { role: found.role } : {}) }
    : {};
  if (answers.size >= mostAnswers) answers.clear();
  answers.set(path, answer);
  return answer;
}
