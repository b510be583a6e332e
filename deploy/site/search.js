// mdBook looks for words between spaces, and Chinese has none. This search looks for the query anywhere in a section.
// It replaces the index's `search`, whose results mdBook shows.
(() => {
    const BEFORE = 30;
    const AFTER = 90;
    const TITLE_WEIGHT = 10;
    const WHOLE_QUERY_WEIGHT = 100;

    const occurrences = (text, word) => text.split(word).length - 1;

    // 0 if a word is missing.
    function score(doc, words) {
        const title = doc.title.toLowerCase();
        const body = doc.body.toLowerCase();
        const scoreOf = (text) => TITLE_WEIGHT * occurrences(title, text) + occurrences(body, text);
        const scores = words.map(scoreOf);
        const whole = WHOLE_QUERY_WEIGHT * scoreOf(words.join(" "));
        return scores.includes(0) ? 0 : scores.reduce((sum, each) => sum + each, whole);
    }

    // The part of the text around the first match. mdBook marks a match only if it is between spaces.
    function excerpt(text, words) {
        const places = words.map((word) => text.toLowerCase().indexOf(word)).filter((place) => place >= 0);
        const start = Math.max(0, (places.length ? Math.min(...places) : 0) - BEFORE);
        const part = text.slice(start, start + BEFORE + AFTER);
        const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
        return part.replace(new RegExp(escaped.join("|"), "gi"), " $& ");
    }

    function search(docs, query) {
        const words = query.toLowerCase().split(/\s+/).filter((word) => word);
        return Object.entries(docs)
            .map(([ref, doc]) => ({ ref, doc, score: score(doc, words) }))
            .filter((result) => result.score > 0)
            .sort((one, other) => other.score - one.score)
            .map((result) => ({ ...result, doc: { ...result.doc, body: excerpt(result.doc.body, words) } }));
    }

    elasticlunr.Index.load = (index) => ({ search: (query) => search(index.documentStore.docs, query) });
})();
