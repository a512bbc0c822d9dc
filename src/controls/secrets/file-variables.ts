import type { ServiceView } from '../compose/stack-view.ts';

/** Which variables of an image may be given as the path of a file, and how that is written. */
interface FileVariables {
  /** Matches the image's path without registry and tag, in lower case. */
  path: RegExp;
  /** Variables that have a form for files. */
  variables: RegExp;
  /** The name of that form. */
  form: (variable: string) => string;
  /** Where the image's own documentation says so. */
  source: string;
}

const suffix = (variable: string): string => `${variable}_FILE`;

const images: readonly FileVariables[] = [
  {
    path: /(^|\/)(postgres|postgis|timescaledb(-ha)?|pgvector)$/,
    variables: /^POSTGRES_PASSWORD$/,
    form: suffix,
    source: 'https://hub.docker.com/_/postgres',
  },
  {
    path: /^(library\/)?mysql$/,
    variables: /^MYSQL_(ROOT_)?PASSWORD$/,
    form: suffix,
    source: 'https://hub.docker.com/_/mysql',
  },
  {
    path: /^(library\/)?mariadb$/,
    variables: /^(MARIADB|MYSQL)_(ROOT_)?PASSWORD$/,
    form: suffix,
    source: 'https://hub.docker.com/_/mariadb',
  },
  {
    path: /^(library\/)?mongo$/,
    variables: /^MONGO_INITDB_ROOT_PASSWORD$/,
    form: suffix,
    source: 'https://hub.docker.com/_/mongo',
  },
  {
    path: /(^|\/)mongo-express$/,
    variables: /^ME_CONFIG_(BASICAUTH|MONGODB_ADMIN|MONGODB_AUTH_)PASSWORD$/,
    form: suffix,
    source: 'https://hub.docker.com/_/mongo-express',
  },
  {
    path: /^(library\/)?influxdb$/,
    variables: /^DOCKER_INFLUXDB_INIT_(PASSWORD|ADMIN_TOKEN)$/,
    form: suffix,
    source: 'https://hub.docker.com/_/influxdb',
  },
  {
    path: /(^|\/)minio$/,
    variables: /^MINIO_ROOT_PASSWORD$/,
    form: suffix,
    source: 'https://min.io/docs/minio/linux/reference/minio-server/settings/root-credentials.html',
  },
  {
    path: /^(library\/)?wordpress$/,
    variables: /^WORDPRESS_(DB_PASSWORD|(SECURE_)?AUTH_KEY|LOGGED_IN_KEY|NONCE_KEY)$/,
    form: suffix,
    source: 'https://hub.docker.com/_/wordpress',
  },
  {
    path: /^(library\/)?nextcloud$/,
    variables:
      /^(NEXTCLOUD_ADMIN_PASSWORD|MYSQL_PASSWORD|POSTGRES_PASSWORD|REDIS_HOST_PASSWORD|SMTP_PASSWORD|OBJECTSTORE_S3_SECRET)$/,
    form: suffix,
    source: 'https://github.com/nextcloud/docker#docker-secrets',
  },
  {
    path: /(^|\/)grafana(-oss|-enterprise)?$/,
    variables: /^GF_[A-Z0-9_]+$/,
    form: (variable) => `${variable}__FILE`,
    source:
      'https://grafana.com/docs/grafana/latest/setup-grafana/configure-docker/#configure-grafana-with-docker-secrets',
  },
  {
    path: /(^|\/)paperless-ngx$/,
    variables: /^PAPERLESS_(DBPASS|SECRET_KEY|ADMIN_PASSWORD|EMAIL_HOST_PASSWORD)$/,
    form: suffix,
    source: 'https://docs.paperless-ngx.com/configuration/',
  },
  {
    path: /(^|\/)immich-server$/,
    variables: /^(DB|REDIS)_PASSWORD$/,
    form: suffix,
    source: 'https://immich.app/docs/install/environment-variables#docker-secrets',
  },
  {
    path: /(^|\/)authelia$/,
    variables: /^AUTHELIA_[A-Z0-9_]+$/,
    form: suffix,
    source: 'https://www.authelia.com/configuration/methods/secrets/',
  },
  {
    path: /(^|\/)pgadmin4$/,
    variables: /^PGADMIN_DEFAULT_PASSWORD$/,
    form: suffix,
    source: 'https://www.pgadmin.org/docs/pgadmin4/latest/container_deployment.html',
  },
  {
    path: /(^|\/)phpmyadmin$/,
    variables: /^(PMA_PASSWORD|MYSQL_ROOT_PASSWORD|MYSQL_PASSWORD)$/,
    form: suffix,
    source: 'https://hub.docker.com/_/phpmyadmin',
  },
  {
    path: /(^|\/)n8n$/,
    variables: /^(DB_POSTGRESDB_PASSWORD|DB_MYSQLDB_PASSWORD|N8N_ENCRYPTION_KEY)$/,
    form: suffix,
    source:
      'https://docs.n8n.io/hosting/configuration/configuration-methods/#keeping-sensitive-data-in-separate-files',
  },
  {
    path: /(^|\/)gitea$/,
    variables: /^GITEA__.+__.+$/,
    form: (variable) => `${variable}__FILE`,
    source:
      'https://docs.gitea.com/installation/install-with-docker#managing-deployments-with-environment-variables',
  },
  {
    path: /(^|\/)oauth2[-_]proxy$/,
    variables: /^OAUTH2_PROXY_CLIENT_SECRET$/,
    form: suffix,
    source: 'https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview/',
  },
  {
    path: /(^|\/)traefik$/,
    // The credentials of lego's providers of DNS; the variables of Traefik itself have no such form.
    variables: /^(?!TRAEFIK_).+$/,
    form: suffix,
    source: 'https://go-acme.github.io/lego/dns/',
  },
  {
    // https://docs.linuxserver.io/general/understanding-puid-and-pgid/ is for all of their images
    // but the proxy of the socket, which is not built on their base.
    path: /^linuxserver\/(?!socket-proxy$)/,
    variables: /^.+$/,
    form: (variable) => `FILE__${variable}`,
    source: 'https://www.linuxserver.io/blog/2020-08-21-introducing-docker-secrets',
  },
];

/** The name of a variable's form for files; undefined where its image is not known to have one. */
export function fileForm(view: ServiceView, variable: string): string | undefined {
  const path = view.image.path.toLowerCase();
  const known = images.find((image) => image.path.test(path));
  return known?.variables.test(variable) ? known.form(variable) : undefined;
}
