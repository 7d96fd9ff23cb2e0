const adjectives = [
  'able', 'amber', 'bold', 'brave', 'bright', 'calm', 'clear', 'clever', 'crisp', 'deft', 'eager', 'early', 'fair', 'fine', 'firm', 'fleet',
  'gentle', 'glad', 'golden', 'grand', 'keen', 'kind', 'lively', 'lucid', 'mellow', 'merry', 'noble', 'plain', 'proud', 'quick', 'quiet', 'rare',
  'ready', 'rustic', 'sharp', 'silver', 'sincere', 'smooth', 'solid', 'spry', 'steady', 'still', 'stout', 'swift', 'tidy', 'true', 'vivid', 'warm',
];
const nouns = [
  'acorn', 'alder', 'aspen', 'badger', 'beacon', 'birch', 'brook', 'canyon', 'cedar', 'cliff', 'cloud', 'comet', 'coral', 'crane', 'creek', 'dune',
  'eagle', 'elm', 'ember', 'falcon', 'fern', 'finch', 'fjord', 'forest', 'fox', 'glade', 'gull', 'harbor', 'hawk', 'heron', 'hill', 'island',
  'lark', 'lynx', 'maple', 'marsh', 'meadow', 'oak', 'otter', 'owl', 'pine', 'raven', 'reef', 'ridge', 'river', 'sparrow', 'stone', 'wren',
];

/** A name for something that came without one, read off its id (32 hex digits): `swift-heron-417`. */
export function madeUpName(id: string): string {
  const digits = id.replace(/[^0-9a-f]/g, '').slice(-12);
  const number = Number.parseInt(digits, 16);
  const adjective = adjectives[number % adjectives.length] ?? 'plain';
  const noun = nouns[Math.floor(number / adjectives.length) % nouns.length] ?? 'stone';
  return `${adjective}-${noun}-${Math.floor(number / (adjectives.length * nouns.length)) % 1000}`;
}
