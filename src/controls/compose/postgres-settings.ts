import { programWords } from './program-words.ts';
import type { ServiceView } from './stack-view.ts';

/**
 * The superuser of a Postgres server; undefined where a file names it.
 * https://hub.docker.com/_/postgres, https://github.com/bitnami/containers/tree/main/bitnami/postgresql
 */
export function postgresSuperuser({ environment, image }: ServiceView): string | undefined {
  // Bitnami's own user variable makes an ordinary role, unless it is postgres.
  if (/(^|\/)bitnami/.test(image.path)) return 'postgres';
  if (environment.get('POSTGRES_USER_FILE')) return undefined;
  return environment.get('POSTGRES_USER') || 'postgres';
}

/** True where a file of the server's own says who may connect and how (`pg_hba.conf`). */
export function hasOwnHba(view: ServiceView): boolean {
  return (
    programWords(view).some((word) => /(^|-c)(hba_file|config_file)=/.test(word)) ||
    view.mounts.some(({ target }) => /pg_hba\.conf$/.test(target))
  );
}
