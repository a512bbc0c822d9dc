import { isBackup } from '../compose/backup-tools.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'J-BKP-01';
/** Labels by which backup tools know what to back up. */
const labels =
  /^(docker-volume-backup\.|stack-back\.|restic-compose-backup\.|backrest\.|nautical-backup\.|bivac\.)/;
const data = /^\/(var\/lib|data|bitnami|usr\/share|opt)(\/|$)/;

export const backupJob: Control = {
  id,
  title: 'Databases are backed up by a job of the stack',
  severity: 'info',
  domain: 'data',
  subject: 'database',
  why: 'A volume is gone with its disk, or with one wrong command. A job that stands in the file goes wherever the stack goes.',
  references: ['J-BKP-01', 'HIGH-007', 'NIST SP 800-53 CP-9'],
  blindSpots: [
    'Backups that the host makes (snapshots, a timer with pg_dump) are not seen: this is information, not a finding against the stack.',
    'A backup proves itself by being restored; nothing is restored here.',
  ],
  remedy:
    'Add a service that dumps the database on a schedule, such as prodrigestivill/postgres-backup-local or offen/docker-volume-backup.',
  static: (model) => {
    const { services } = viewOf(model);
    const job = services.find(
      (view) => isBackup(view) || [...view.labels.keys()].some((name) => labels.test(name)),
    );
    const applies = {
      // Jacker's own stack has no backup service that could be named yet: nothing is claimed of it.
      is: (view: ServiceView) => view.role === 'database' && !view.known && keepsData(view),
      not: 'no database with a volume',
      expected: 'a job that backs it up',
    };
    return checkPrograms(model, id, applies, (view) =>
      job
        ? { status: 'pass', seen: job.name }
        : { status: 'fail', seen: 'none in the stack', location: placeOf(view, 'volumes') },
    );
  },
  examples: {
    pass: [
      {
        document: {
          services: {
            db: { image: 'postgres:17', volumes: ['db:/var/lib/postgresql/data'] },
            dump: { image: 'prodrigestivill/postgres-backup-local:17' },
          },
        },
      },
      {
        document: {
          services: {
            db: {
              image: 'mariadb:11.8',
              volumes: ['db:/var/lib/mysql'],
              labels: { 'docker-volume-backup.stop-during-backup': 'true' },
            },
          },
        },
      },
    ],
    fail: [
      {
        document: {
          services: { db: { image: 'postgres:17', volumes: ['db:/var/lib/postgresql/data'] } },
        },
      },
    ],
  },
};

function keepsData(view: ServiceView): boolean {
  return view.mounts.some(({ target, readOnly }) => !readOnly && data.test(target));
}
