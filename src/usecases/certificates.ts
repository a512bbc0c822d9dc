import { X509Certificate } from 'node:crypto';
import { JackerError } from '../error.ts';
import type { EnsureReport } from '../secrets/ensure.ts';
import { authorityFiles } from '../secrets/specification.ts';
import type { SecretStore } from '../secrets/store.ts';
import { acquireLock } from '../state/lock.ts';
import type { AppContext } from './app-context.ts';
import { projectSecrets, secretSpecs } from './prepare.ts';
import { ownDirectly } from './own-directly.ts';
import { loadProject, type Project } from './project.ts';

/** One certificate of the project. */
export interface CertificateRow {
  name: string;
  subject: string;
  names: readonly string[];
  issuer: string;
  /** ISO 8601. */
  notAfter: string;
  /** Whole days until then; negative afterwards. */
  daysLeft: number;
  sha256: string;
}

/** The local authority and every certificate that it signed, as they are in `secrets/`. */
export async function showCertificates(context: AppContext): Promise<CertificateRow[]> {
  const { world } = context;
  const project = await loadProject(world, context.root, context.location);
  const secrets = projectSecrets(context, project);
  const names = [
    authorityFiles.certificate,
    ...secretSpecs(project.stack)
      .filter((spec) => spec.kind === 'certificate' || spec.name === 'custom-certificate')
      .map((spec) => spec.name),
  ];
  const rows: CertificateRow[] = [];
  for (const name of names) {
    const pem = await secrets.read(name);
    if (pem !== null) rows.push(describe(name, pem, world.clock.now()));
  }
  return rows;
}

/**
 * Renews every leaf certificate of the local authority, and gives the files the owner and group of
 * their readers as far as this process may; `authority` makes the authority anew too. A dry run says
 * what would be renewed.
 */
export async function renewCertificates(
  context: AppContext,
  options: { authority: boolean; dryRun: boolean },
): Promise<EnsureReport> {
  const project = await loadProject(context.world, context.root, context.location);
  const secrets = projectSecrets(context, project);
  if (options.dryRun) return renew(secrets.preview(), project, options.authority);
  const lock = await acquireLock(context.world, project.directory, 'certs renew');
  try {
    const report = await renew(secrets, project, options.authority);
    await ownDirectly(context, project);
    return report;
  } finally {
    await lock.release();
  }
}

async function renew(
  secrets: SecretStore,
  { stack }: Project,
  authority: boolean,
): Promise<EnsureReport> {
  const specs = secretSpecs(stack).filter((spec) => !spec.rendered);
  if (authority) return secrets.ensure(specs, { force: authorityFiles.certificate });
  const total: EnsureReport = { created: [], renewed: [], kept: [], missing: [] };
  for (const leaf of specs.filter((spec) => spec.kind === 'certificate')) {
    const report = await secrets.ensure(specs, { force: leaf.name });
    total.created.push(...report.created);
    total.renewed.push(...report.renewed);
  }
  return total;
}

function describe(name: string, pem: string, now: Date): CertificateRow {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch (error) {
    throw new JackerError(
      'secret-invalid',
      {
        what: 'is not a certificate in PEM notation',
        where: { file: `secrets/${name}` },
        hint: 'Put the certificate with its chain there, or remove the file and run jacker secrets generate.',
      },
      { cause: error },
    );
  }
  const notAfter = certificate.validToDate;
  return {
    name,
    subject: certificate.subject.replaceAll('\n', ', '),
    names: (certificate.subjectAltName ?? '')
      .split(', ')
      .filter(Boolean)
      .map((entry) => entry.replace(/^DNS:/, '')),
    issuer: certificate.issuer.replaceAll('\n', ', '),
    notAfter: notAfter.toISOString(),
    daysLeft: Math.floor((notAfter.getTime() - now.getTime()) / 86_400_000),
    sha256: certificate.fingerprint256,
  };
}
