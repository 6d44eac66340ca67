-- title: Dead letters
-- doc: The problems that most messages have; gamebeam replay lands them once the contract is right.
-- key: fingerprint
-- chart: table highest=no
SELECT reason, event_type, field, app_versions, messages, first_seen, last_seen, SUBSTR(sample, 1, 200) AS sample, fingerprint
FROM dead_letter_problems
ORDER BY messages DESC, fingerprint
LIMIT 20
