/**
 * Words that documentation, examples and images put where a password belongs. A value that is made
 * of nothing else, with at most four digits, is one that is tried first. Among them are the
 * defaults of images: https://hub.docker.com/_/mongo (`example`), https://hub.docker.com/_/mysql
 * (`my-secret-pw`), https://hub.docker.com/_/postgres (`mysecretpassword`),
 * https://min.io/docs/minio/container/index.html (`minioadmin`), https://hub.docker.com/_/rabbitmq
 * (`guest`), https://grafana.com/docs/grafana/latest/setup-grafana/sign-in-to-grafana/ (`admin`).
 */
const words =
  /administrator|admin|password|passwort|passwd|passphrase|pass|secret|please|change|replace|supersecure|super|strong|secure|default|example|sample|database|postgresql|postgres|mariadb|mysql|mongodb|mongo|redis|rabbitmq|minio|grafana|wordpress|nextcloud|jacker|docker|compose|guest|demo|test|root|toor|user|your|some|very|really|long|random|string|here|this|with|value|session|cookie|encryption|production|token|jwt|key|app|dev|db|pw|my|me|it|in/g;
const others = new Set([
  '123',
  '1234',
  '12345',
  '123456',
  '1234567',
  '12345678',
  '123456789',
  '1234567890',
  '000000',
  '111111',
  '654321',
  'abc123',
  'dragon',
  'hunter2',
  'iloveyou',
  'letmein',
  'monkey',
  'p@ssw0rd',
  'p@ssword',
  'passw0rd',
  'q1w2e3r4',
  'qwerty',
  'qwerty123',
  'raspberry',
  'welcome',
  'welcome1',
]);
const longest = 64;

/**
 * True for a password that is published, or that follows from names beside it.
 *
 * @param names what stands beside it, for example the user's name and the image's
 */
export function isKnownPassword(value: string, names: ReadonlySet<string> = new Set()): boolean {
  const text = value.trim().toLowerCase();
  if (text.length < 2 || text.length > longest) return false;
  if (others.has(text) || names.has(text)) return true;
  // `changeme`, `CHANGE-ME!`, `<your_password>` are one.
  const plain = text.replace(/[^a-z0-9]/g, '');
  if (plain.length < 2) return /^(x|\*|\.)+$/i.test(text);
  const [first = ''] = plain;
  if (plain.length > 2 && /^[x0]$/.test(first) && plain === first.repeat(plain.length)) return true;
  return /[a-z]/.test(plain) && /^\d{0,4}$/.test(plain.replace(words, ''));
}
