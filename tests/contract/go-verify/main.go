// Command go-verify checks a running audit log with nothing but the transparency log packages of Go itself: the checkpoint's signature
// (sumdb/note), every tile and every record (sumdb/tlog), and the proofs that the log hands out.
//
// It reads from standard input, as JSON: the address, the verifier key, an auditor's token, ids of records whose proofs to check, and older sizes
// with their roots. It prints the number of records that verified.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type task struct {
	URL     string            `json:"url"`
	Key     string            `json:"key"`
	Token   string            `json:"token"`
	Records []string          `json:"records"`
	Older   map[string]string `json:"older"`
}

const height = 8

func main() {
	var t task
	check(json.NewDecoder(os.Stdin).Decode(&t))
	verifier, err := note.NewVerifier(t.Key)
	check(err)
	keys := note.VerifierList(verifier)
	tree := openCheckpoint(get(t, "/log/checkpoint"), keys)

	reader := tlog.TileHashReader(tree, &tiles{t, map[string][]byte{}})
	root, err := tlog.TreeHash(tree.N, reader)
	check(err)
	if root != tree.Hash {
		fail("the tiles give the root %v, signed is %v", root, tree.Hash)
	}
	leaves := readEntries(t, tree, reader)
	for _, id := range t.Records {
		checkProof(t, id, leaves, keys)
	}
	for size, root := range t.Older {
		checkConsistency(t, size, root, tree)
	}
	fmt.Println(len(leaves))
}

func openCheckpoint(text []byte, keys note.Verifiers) tlog.Tree {
	opened, err := note.Open(text, keys)
	check(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	hash, err := tlog.ParseHash(lines[2])
	check(err)
	return tlog.Tree{N: size, Hash: hash}
}

// tiles serves the log's tiles to the authenticating reader of sumdb/tlog.
type tiles struct {
	task task
	seen map[string][]byte
}

func (r *tiles) Height() int { return height }

func (r *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, tile := range wanted {
		// C2SP tlog-tiles leaves the height out of the path.
		path := "/log/" + strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		if _, cached := r.seen[path]; !cached {
			r.seen[path] = get(r.task, path)
		}
		data[i] = r.seen[path]
	}
	return data, nil
}

func (r *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func readEntries(t task, tree tlog.Tree, reader tlog.HashReader) [][]byte {
	var leaves [][]byte
	for n := int64(0); n<<height < tree.N; n++ {
		tile := tlog.Tile{H: height, L: 0, N: n, W: int(min(1<<height, tree.N-n<<height))}
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/0/", height), "tile/entries/", 1)
		bundle := get(t, "/log/"+path)
		for len(bundle) > 0 {
			size := int(binary.BigEndian.Uint16(bundle))
			leaves = append(leaves, bundle[2:2+size])
			bundle = bundle[2+size:]
		}
	}
	if int64(len(leaves)) != tree.N {
		fail("%d records are served, %d are signed", len(leaves), tree.N)
	}
	for n, leaf := range leaves {
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(n))})
		check(err)
		if hashes[0] != tlog.RecordHash(leaf) {
			fail("record %d does not hash to its tile", n)
		}
		proof, err := tlog.ProveRecord(tree.N, int64(n), reader)
		check(err)
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, int64(n), tlog.RecordHash(leaf)))
	}
	return leaves
}

// checkProof checks a proof text of the log's own (C2SP tlog-proof) against the record.
func checkProof(t task, id string, leaves [][]byte, keys note.Verifiers) {
	text := string(get(t, "/api/v1/audit/records/"+id+"/proof"))
	head, checkpoint, found := strings.Cut(text, "\n\n")
	if !found {
		fail("the proof of %s is malformed", id)
	}
	tree := openCheckpoint([]byte(checkpoint), keys)
	lines := strings.Split(head, "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		fail("the proof of %s has the header %q", id, lines[0])
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	check(err)
	check(tlog.CheckRecord(parseHashes(lines[2:]), tree.N, tree.Hash, index, tlog.RecordHash(leaves[index])))
	if !strings.Contains(string(leaves[index]), id) {
		fail("record %d is not %s", index, id)
	}
}

func checkConsistency(t task, size string, root string, tree tlog.Tree) {
	var answer struct {
		Hashes []string `json:"hashes"`
	}
	check(json.Unmarshal(get(t, fmt.Sprintf("/api/v1/audit/consistency?from=%s&to=%d", size, tree.N)), &answer))
	n, err := strconv.ParseInt(size, 10, 64)
	check(err)
	hash, err := tlog.ParseHash(root)
	check(err)
	check(tlog.CheckTree(parseHashes(answer.Hashes), tree.N, tree.Hash, n, hash))
}

func parseHashes(lines []string) []tlog.Hash {
	hashes := make([]tlog.Hash, len(lines))
	for i, line := range lines {
		bytes, err := base64.StdEncoding.DecodeString(line)
		check(err)
		if copy(hashes[i][:], bytes) != tlog.HashSize {
			fail("%q is no hash", line)
		}
	}
	return hashes
}

func get(t task, path string) []byte {
	request, err := http.NewRequest(http.MethodGet, t.URL+path, nil)
	check(err)
	request.Header.Set("Authorization", "Bearer "+t.Token)
	response, err := http.DefaultClient.Do(request)
	check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	check(err)
	if response.StatusCode != http.StatusOK {
		fail("GET %s: %s %s", path, response.Status, body)
	}
	return body
}

func check(err error) {
	if err != nil {
		fail("%v", err)
	}
}

func fail(format string, values ...any) {
	fmt.Fprintf(os.Stderr, "go-verify: "+format+"\n", values...)
	os.Exit(1)
}
