package setting

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxWord is how long a word may be for which another is looked for; none is
// longer by itself.
const maxWord = 64

// Nearest returns the word that somebody meant who wrote another, or "" where
// none is near. Case and what stands between parts of a word do not count.
func Nearest(wrote string, words []string) string {
	if len(wrote) > maxWord || !utf8.ValidString(wrote) {
		return ""
	}
	wrote = bare(wrote)
	// A third of the letters may be wrong.
	nearest, least := "", len(wrote)/3+1
	for _, word := range words {
		if d := distance(wrote, bare(word)); d < least {
			nearest, least = word, d
		}
	}
	if nearest != "" || len(wrote) < 4 {
		return nearest
	}
	for _, word := range words { // "timeout" for "idle-timeout"
		if strings.Contains(bare(word), wrote) {
			return word
		}
	}
	return ""
}

// didYouMean asks for the nearest of the words, or is empty.
func didYouMean(wrote string, words []string) string {
	if word := Nearest(wrote, words); word != "" {
		return fmt.Sprintf("; did you mean %s?", word)
	}
	return ""
}

// bare returns the letters of a word that count.
func bare(word string) string {
	return strings.NewReplacer("-", "", "_", "", ".", "", " ", "").Replace(strings.ToLower(word))
}

// distance returns how many letters have to be added, taken out, changed, or
// swapped with their neighbour to make b of a.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
