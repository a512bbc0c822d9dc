import type { Command } from 'commander';
import type { Connect } from '../invocation.ts';

/** `jacker certs show|renew`. */
export function declareCertificates(parent: Command, connect: Connect): void {
  const certs = parent.command('certs').description('the certificates of the local authority');

  const show = certs.command('show').description('names, issuer and end of each certificate');
  connect(show, async ({ context, print }) => {
    const { showCertificates } = await import('../../usecases/certificates.ts');
    const { table } = await import('../table.ts');
    const rows = await showCertificates(context);
    print(rows, () =>
      table(
        ['NAME', 'FOR', 'UNTIL', 'DAYS', 'SHA-256'],
        rows.map((row) => [
          row.name,
          row.names.join(', ') || row.subject,
          row.notAfter.slice(0, 10),
          String(row.daysLeft),
          row.sha256,
        ]),
      ),
    );
    return undefined;
  });

  const renew = certs
    .command('renew')
    .description('new leaf certificates now; up does it by itself before they end')
    .option('--authority', 'a new authority too; everybody who trusted the old one must trust it');
  connect<{ authority?: true }>(renew, async ({ context, globals, print }, { authority }) => {
    const { renewCertificates } = await import('../../usecases/certificates.ts');
    const { dryRun } = globals;
    const report = await renewCertificates(context, { authority: authority ?? false, dryRun });
    const names = [...report.created, ...report.renewed];
    print(report, () =>
      names.length === 0
        ? 'There is no certificate of the local authority to renew.'
        : dryRun
          ? `Would renew ${names.join(', ')}. Nothing was changed.`
          : `Renewed ${names.join(', ')}.\nRun jacker up to apply.`,
    );
    return undefined;
  });
}
