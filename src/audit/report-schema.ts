import * as z from 'zod';
import { auditReportVersion } from './report-version.ts';

const severity = z.enum(['critical', 'high', 'medium', 'low', 'info']);
const domain = z.enum(['isolation', 'edge', 'secrets', 'data', 'supply-chain', 'operations']);
const count = z.int().nonnegative();
const percent = z.number().min(0).max(100);

const place = z.strictObject({
  file: z.string(),
  line: z.int().positive(),
  column: z.int().positive(),
});
const position = place.extend({
  endLine: z.int().positive(),
  endColumn: z.int().positive(),
});

const score = z.strictObject({
  version: z.int(),
  score: percent,
  withoutWaivers: percent,
  grade: z.enum(['A+', 'A', 'B', 'C', 'D', 'F']),
  coverage: z.number().min(0).max(1),
  raw: percent,
  cap: z.strictObject({ limit: percent, reason: z.string() }),
  staticOnly: z.boolean(),
  domains: z.array(z.strictObject({ domain, weight: z.number(), score: percent })),
  gains: z.array(z.strictObject({ control: z.string(), gain: z.number() })),
});

const control = z.strictObject({
  id: z.string(),
  severity,
  domain,
  grant: z.boolean(),
  pass: count,
  fail: count,
  excepted: count,
  waived: count,
  unknown: count,
  notApplicable: count,
});

const edit = z.strictObject({
  file: z.string(),
  /** Offsets in the file's text, in UTF-16 units, and the same as lines and columns. */
  start: count,
  end: count,
  line: z.int().positive(),
  column: z.int().positive(),
  endLine: z.int().positive(),
  endColumn: z.int().positive(),
  text: z.string(),
});

const finding = z.strictObject({
  /** Stays the same while lines move: control, subject and path in the document. */
  fingerprint: z.string().regex(/^[0-9a-f]{32}$/),
  control: z.string(),
  title: z.string(),
  severity,
  domain,
  subject: z.string(),
  status: z.enum(['fail', 'unknown']),
  expected: z.string(),
  seen: z.string(),
  position,
  path: z.array(z.string()),
  /** A declared exception's reason. */
  exception: z.string().optional(),
  waiver: z.strictObject({ reason: z.string(), until: z.string(), at: place }).optional(),
  /** False where a baseline has it already. */
  isNew: z.boolean(),
  fix: z.array(edit).optional(),
});

const gap = z.strictObject({
  kind: z.enum(['unreadable', 'unresolved', 'variable', 'schema']),
  what: z.string(),
  hint: z.string(),
  file: z.string(),
  line: z.int().positive(),
  column: z.int().positive(),
  path: z.array(z.string()).optional(),
});

const graph = z.strictObject({
  services: z.array(
    z.strictObject({
      name: z.string(),
      zone: z.enum(['exposed', 'application', 'data', 'engine']),
      networks: z.array(z.string()),
      /** Ports and routes, each with what asks for a session, where something does. */
      waysIn: z.array(z.string()),
      /** What makes whoever takes it over the host's root. */
      grants: z.array(z.string()),
    }),
  ),
  networks: z.array(
    z.strictObject({ name: z.string(), internal: z.boolean(), members: z.array(z.string()) }),
  ),
});

const stack = z.strictObject({
  name: z.string(),
  files: z.array(z.strictObject({ path: z.string(), sha256: z.string() })),
  services: count,
  readable: z.boolean(),
  score,
  /** What the score is made from: these and the gaps give it again to the last digit. */
  controls: z.array(control),
  findings: z.array(finding),
  gaps: z.array(gap),
  graph,
});

/** The result of an audit, as JSON. */
export const auditReportSchema = z.strictObject({
  version: z.literal(auditReportVersion),
  tool: z.strictObject({ name: z.literal('jacker'), version: z.string() }),
  at: z.iso.datetime(),
  stacks: z.array(stack),
  summary: z.strictObject({
    stacks: count,
    services: count,
    critical: count,
    high: count,
    medium: count,
    low: count,
    info: count,
    unknown: count,
    waived: count,
    gaps: count,
    /** The lowest score of all stacks; null without a stack. */
    score: percent.nullable(),
  }),
});

export type AuditReport = z.infer<typeof auditReportSchema>;
export type StackReport = AuditReport['stacks'][number];
export type StackGraph = z.infer<typeof graph>;
export type ReportedFinding = StackReport['findings'][number];
export type ReportedEdit = NonNullable<ReportedFinding['fix']>[number];
