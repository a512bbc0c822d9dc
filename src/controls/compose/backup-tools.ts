import { programWords } from './program-words.ts';
import type { ServiceView } from './stack-view.ts';

/** Programs whose work is backups, by the last part of the image's path or the one before it. */
const tools =
  /(^|\/)(restic|rest-server|resticker|autorestic|borg|borgmatic|borg-server|kopia|duplicati|duplicacy|duplicity|urbackup[^/]*|pgbackrest|barman|wal-g|rsnapshot|litestream|volumerize)$|backup/;
const dumps =
  /(^|\/)(pg_dump|pg_dumpall|pg_basebackup|mysqldump|mariadb-dump|mariadb-backup|mongodump|restic|borg)$/;

/** True for a service that makes backups: by its image, its name, or the program that it runs. */
export function isBackup(view: ServiceView): boolean {
  return (
    tools.test(view.image.path.toLowerCase()) ||
    /(^|[-_])backups?([-_]|$)/i.test(view.name) ||
    programWords(view).some((word) => dumps.test(word))
  );
}
