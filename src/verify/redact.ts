/** Takes secret values out of texts. */
export interface Redactor {
  /** From now on the value is taken out. */
  add: (secret: string) => void;
  clean: (text: string) => string;
}

/** Shorter values would also take ordinary words out; no generated secret is that short. */
const shortest = 8;

/** A redactor that knows no value yet. Each line of a longer text counts as a value too. */
export function createRedactor(): Redactor {
  const values = new Set<string>();
  return {
    add: (secret) => {
      for (const line of secret.split('\n')) {
        if (line.length >= shortest && !line.startsWith('-----')) values.add(line);
      }
    },
    clean: (text) => {
      // The longest first, so that none leaves a rest of another behind.
      const ordered = [...values].sort((a, b) => b.length - a.length);
      return ordered.reduce((rest, value) => rest.replaceAll(value, '[secret]'), text);
    },
  };
}
