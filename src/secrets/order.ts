import { JackerError } from '../error.ts';
import type { Problem } from '../error.ts';
import { authorityFiles, secretNamePattern } from './specification.ts';
import type { SecretSpec } from './specification.ts';

const needsOf: Partial<Record<SecretSpec['kind'], string>> = {
  htpasswd: 'the password that it hashes',
  'certificate-key': 'the certificate that it belongs to',
};

/** Everything wrong with one specification, given all of them by name. */
function problemsOf(spec: SecretSpec, byName: ReadonlyMap<string, SecretSpec>): Problem[] {
  const problems: Problem[] = [];
  const report = (what: string): void => {
    problems.push({ what, where: { key: spec.name }, why: `declared by ${spec.owner}` });
  };
  if (!secretNamePattern.test(spec.name)) report('the name cannot be a file name');
  if (Object.values<string>(authorityFiles).includes(spec.name))
    report('the name is taken by the local authority');
  if (spec.rendered) return problems;
  const meaning = needsOf[spec.kind];
  const other = spec.of === undefined ? undefined : byName.get(spec.of);
  if (meaning && !other) report(`\`of\` must name ${meaning}`);
  if (spec.kind === 'htpasswd') {
    if (!spec.user || /[:\s]/u.test(spec.user))
      report('`user` must be a name without colons and spaces');
    if (other && !['password', 'given'].includes(other.kind)) report('`of` must name a password');
  }
  if (spec.kind === 'certificate' && !spec.names?.length) report('`names` must hold a DNS name');
  if (spec.kind === 'certificate-key' && other && other.kind !== 'certificate')
    report('`of` must name a certificate');
  return problems;
}

/**
 * The specifications in the order in which their secrets can be made: what is self-contained
 * first, then what is derived from another secret (htpasswd), then certificates before their keys.
 * Throws `manifest-invalid` with every contradiction: two of one name, a missing `of`.
 */
export function orderSpecs(specs: readonly SecretSpec[]): SecretSpec[] {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const problems = specs.flatMap((spec) => problemsOf(spec, byName));
  for (const spec of specs) {
    if (byName.get(spec.name) !== spec)
      problems.push({ what: 'two secrets have this name', where: { key: spec.name } });
  }
  const certificates = specs.filter((spec) => spec.kind === 'certificate' && !spec.rendered);
  for (const certificate of certificates) {
    const keys = specs.filter(
      (spec) => spec.kind === 'certificate-key' && spec.of === certificate.name,
    );
    if (keys.length !== 1)
      problems.push({
        what: `a certificate has one key, not ${keys.length}`,
        where: { key: certificate.name },
        why: `declared by ${certificate.owner}`,
      });
  }
  if (problems.length > 0) throw new JackerError('manifest-invalid', problems);
  const rank = (spec: SecretSpec): number =>
    ({ htpasswd: 1, certificate: 2, 'certificate-key': 3 })[spec.kind as string] ?? 0;
  return [...specs].sort(
    (a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}
