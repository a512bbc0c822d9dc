import type {
  Invocation,
  Log,
  PhysicalLocation,
  ReportingDescriptor,
  Result,
  Fix,
  ArtifactLocation,
  Run,
} from 'sarif';
import type { Control, Severity } from '../controls/control.ts';
import type { AuditReport, ReportedFinding } from './report-schema.ts';

/** GitHub sorts by this: https://docs.github.com/en/code-security/code-scanning (security-severity). */
const securitySeverity: Readonly<Record<Severity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '3.0',
  info: '0.0',
};
const levels: Readonly<Record<Severity, Result.level>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
};

/**
 * A report in SARIF 2.1.0, with fingerprints that do not follow lines, proposed fixes, and waived
 * findings as suppressed results. What could not be examined is a notification of the run. In
 * pieces, one result a line: a large stack's report is never held as one text.
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function* formatSarif(
  report: AuditReport,
  controls: ReadonlyMap<string, Control>,
): Generator<string> {
  const log: Omit<Log, 'runs'> = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
  };
  const used = new Set(report.stacks.flatMap(({ findings }) => findings.map((one) => one.control)));
  const ids = [...used].sort();
  const index = new Map(ids.map((id, at) => [id, at] as const));
  const run: Run = {
    tool: {
      driver: {
        name: 'Jacker',
        semanticVersion: report.tool.version,
        rules: ids.map((id) => ruleOf(id, controls.get(id))),
      },
    },
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { SRCROOT: { description: { text: 'Where Jacker was started.' } } },
    artifacts: report.stacks.flatMap((stack) =>
      stack.files.map(({ path, sha256 }) => ({
        location: artifactLocation(path),
        hashes: { 'sha-256': sha256 },
      })),
    ),
    invocations: [invocationOf(report)],
    properties: {
      scores: Object.fromEntries(
        report.stacks.map((stack) => [stack.name, stack.score.score] as const),
      ),
    },
  };
  yield `${open(log)},"runs":[${open(run)},"results":[`;
  let before = '\n';
  for (const { findings } of report.stacks) {
    for (const finding of findings) {
      yield before + JSON.stringify(resultOf(finding, index, controls));
      before = ',\n';
    }
  }
  yield '\n]}]}\n';
}

/** An object as JSON without its last brace. */
function open(object: object): string {
  return JSON.stringify(object).slice(0, -1);
}

function invocationOf(report: AuditReport): Invocation {
  return {
    executionSuccessful: report.stacks.every((stack) => stack.readable),
    endTimeUtc: report.at,
    toolExecutionNotifications: report.stacks
      .flatMap((stack) => stack.gaps)
      .map(({ what, hint, file, line, column }) => ({
        level: 'warning',
        message: { text: `Not examined: ${what}. ${hint}` },
        locations: [physical({ file, line, column })],
      })),
  };
}

function ruleOf(id: string, control: Control | undefined): ReportingDescriptor {
  const severity = control?.severity ?? 'info';
  return {
    id,
    name: id.replaceAll('-', ''),
    shortDescription: { text: control?.title ?? id },
    fullDescription: { text: control?.why ?? id },
    help: {
      text: [
        control?.remedy ?? '',
        ...(control?.blindSpots ?? []).map((one) => `Cannot see: ${one}`),
      ]
        .filter(Boolean)
        .join('\n'),
    },
    defaultConfiguration: { level: levels[severity] },
    properties: {
      'security-severity': securitySeverity[severity],
      tags: ['security', control?.domain ?? 'isolation', ...(control?.references ?? [])],
    },
  };
}

function resultOf(
  finding: ReportedFinding,
  index: ReadonlyMap<string, number>,
  controls: ReadonlyMap<string, Control>,
): Result {
  const suppressed = finding.waiver ?? (finding.exception === undefined ? undefined : finding);
  const remedy = controls.get(finding.control)?.remedy ?? '';
  return {
    ruleId: finding.control,
    ruleIndex: index.get(finding.control) ?? -1,
    // What nobody can tell is not a failure; a viewer shows it apart.
    kind: finding.status === 'unknown' ? 'open' : 'fail',
    level: finding.status === 'unknown' ? 'none' : levels[finding.severity],
    message: {
      text: `${finding.subject}: ${finding.title}. Seen: ${finding.seen}. Expected: ${finding.expected}. ${remedy}`,
    },
    locations: [
      {
        ...physical(finding.position),
        logicalLocations: [
          { name: finding.subject, fullyQualifiedName: finding.path.join('.') || finding.subject },
        ],
      },
    ],
    partialFingerprints: { 'jacker/v1': finding.fingerprint },
    baselineState: finding.isNew ? 'new' : 'unchanged',
    ...(suppressed
      ? {
          suppressions: [
            {
              kind: finding.waiver?.at.file === finding.position.file ? 'inSource' : 'external',
              status: 'accepted',
              justification: finding.waiver
                ? `${finding.waiver.reason} (until ${finding.waiver.until})`
                : (finding.exception ?? ''),
            },
          ],
        }
      : {}),
    ...(finding.fix && finding.fix.length > 0 ? { fixes: [fixOf(finding, remedy)] } : {}),
  };
}

function fixOf(finding: ReportedFinding, remedy: string): Fix {
  const byFile = new Map<string, NonNullable<ReportedFinding['fix']>>();
  for (const edit of finding.fix ?? []) {
    byFile.set(edit.file, [...(byFile.get(edit.file) ?? []), edit]);
  }
  return {
    description: { text: remedy },
    artifactChanges: [...byFile].map(([file, edits]) => ({
      artifactLocation: artifactLocation(file),
      replacements: edits.map((edit) => ({
        deletedRegion: {
          startLine: edit.line,
          startColumn: edit.column,
          endLine: edit.endLine,
          endColumn: edit.endColumn,
        },
        insertedContent: { text: edit.text },
      })),
    })),
  };
}

function physical(place: {
  file: string;
  line: number;
  column: number;
  endLine?: number;
  endColumn?: number;
}): { physicalLocation: PhysicalLocation } {
  const { file, line, column, endLine, endColumn } = place;
  return {
    physicalLocation: {
      artifactLocation: artifactLocation(file),
      region: {
        startLine: line,
        startColumn: column,
        ...(endLine === undefined ? {} : { endLine }),
        ...(endColumn === undefined ? {} : { endColumn }),
      },
    },
  };
}

/** Relative to where Jacker was started, as a URI; an absolute path stands by itself. */
function artifactLocation(file: string): ArtifactLocation {
  const uri = file.split('/').map(encodeURIComponent).join('/');
  return file.startsWith('/') ? { uri: `file://${uri}` } : { uri, uriBaseId: 'SRCROOT' };
}
