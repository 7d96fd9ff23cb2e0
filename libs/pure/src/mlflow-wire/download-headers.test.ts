import { describe, expect, it } from 'vitest';
import { attachment, contentType } from './download-headers.js';

describe('contentType', () => {
  it.each([
    ['MLmodel', 'text/plain'],
    ['MLproject', 'text/plain'],
    ['conda.yaml', 'text/plain'],
    ['data.csv', 'text/plain'],
    ['page.html', 'text/html'],
    ['pic.PNG', 'image/png'],
    ['x.tar.gz', 'application/x-tar'],
    ['model.pkl', 'application/octet-stream'],
    ['png', 'application/octet-stream'],
  ])('of %s is %s', (name, type) => {
    expect(contentType(name)).toBe(type);
  });
});

describe('attachment', () => {
  it.each([
    ['a+b.txt', 'attachment; filename=a+b.txt'],
    ['a b.txt', 'attachment; filename="a b.txt"'],
    ['q"uote.txt', 'attachment; filename="q\\"uote.txt"'],
    ['ü.txt', "attachment; filename=u.txt; filename*=UTF-8''%C3%BC.txt"],
    ['模型', 'attachment; filename=""; filename*=UTF-8\'\'%E6%A8%A1%E5%9E%8B'],
  ])('of %s', (name, header) => {
    expect(attachment(name)).toBe(header);
  });
});
