"""The graphs whose threads are recorded, and go on after an import."""

import operator
from typing import Annotated, Any, TypedDict

from langchain_core.messages import AIMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import interrupt


class State(TypedDict, total=False):
    """Hold what the recorded graphs carry."""

    messages: Annotated[list[Any], add_messages]
    log: Annotated[list[str], operator.add]
    trip: Any


def chat(saver: Any, trip: Any) -> Any:
    graph = StateGraph(State)
    graph.add_node("plan", lambda _: {"trip": trip, "log": ["planned"]})
    graph.add_node(
        "answer", lambda _: {"messages": [AIMessage("Three nights.", id=None)], "log": ["answered"]}
    )
    graph.add_edge(START, "plan")
    graph.add_edge("plan", "answer")
    graph.add_edge("answer", END)
    return graph.compile(checkpointer=saver)


def asking(saver: Any) -> Any:
    graph = StateGraph(State)
    graph.add_node("book", lambda _: {"log": [interrupt({"question": "Book it?"})]})
    graph.add_edge(START, "book")
    return graph.compile(checkpointer=saver)


def failing(saver: Any) -> Any:
    def fail(_: State) -> State:
        raise RuntimeError("no rooms left")

    graph = StateGraph(State)
    graph.add_node("flights", lambda _: {"log": ["flight found"], "messages": [AIMessage("A flight.")]})
    graph.add_node("hotels", fail)
    graph.add_edge(START, "flights")
    graph.add_edge(START, "hotels")
    return graph.compile(checkpointer=saver)


def nested(saver: Any) -> Any:
    inner = StateGraph(State)
    inner.add_node("search", lambda _: {"log": ["searched"]})
    inner.add_edge(START, "search")
    outer = StateGraph(State)
    outer.add_node("flights", inner.compile(checkpointer=True))
    outer.add_edge(START, "flights")
    return outer.compile(checkpointer=saver)
