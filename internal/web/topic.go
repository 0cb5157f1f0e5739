// SPDX-License-Identifier: EUPL-1.2

package web

// TopicCount is how many of a topic's rows are of one sort, in words: "2 uppfylls inte".
type TopicCount struct {
	Text string
	// Bad marks what is not as it should be.
	Bad bool
}

// TopicLine is one topic of a list that is too long to show at once.
type TopicLine struct {
	Name, Href string
	// Total is how many rows the topic has, in words. The counts together are all of them.
	Total  string
	Counts []TopicCount
	// Current marks the topic that the page shows.
	Current bool
}

// TopicPart is the topics of one part of the catalogue: {{template "topicparts" .Parts}} draws the parts beside each other.
type TopicPart struct {
	// ID is unique on the page.
	ID, Name string
	// Total is how many rows the part has, in words.
	Total  string
	Topics []TopicLine
}

// Neighbours lead from one topic to the others: {{template "neighbours" .}}. A link without an address is left out.
type Neighbours struct {
	// Label names the group for screen readers.
	Label string
	// Before and After are the names of the topics beside this one, All leads to the list of them.
	Before, After, All Link
}
