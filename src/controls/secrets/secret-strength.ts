const shortest = 12;
const leastBitsPerCharacter = 2.5;
/** Keys of AES that oauth2-proxy takes, in bytes. */
const cookieSizes = [16, 24, 32];

/** True for a secret that is short, or made of a word and a few digits, or of few characters. */
export function isWeak(text: string): boolean {
  if (text.length < shortest) return true;
  if (text.length < 16 && /^[A-Za-z]+\d{0,4}[!.?]?$/.test(text) && !/[a-z][A-Z]/.test(text)) {
    return true;
  }
  return entropyPerCharacter(text) < leastBitsPerCharacter;
}

/**
 * True where oauth2-proxy would refuse the secret or take fewer bytes than it seems to have.
 * https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview/#generating-a-cookie-secret
 */
export function isWrongCookieSecret(text: string): boolean {
  const plain = text.replace(/=+$/, '');
  const decoded = /^[\w-]+$/.test(plain) ? Buffer.from(plain, 'base64url').length : 0;
  return !cookieSizes.includes(decoded) && !cookieSizes.includes(Buffer.byteLength(text));
}

/** Shannon's measure over the characters of one text, in bits. */
export function entropyPerCharacter(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) {
    const share = count / text.length;
    bits -= share * Math.log2(share);
  }
  return bits;
}
